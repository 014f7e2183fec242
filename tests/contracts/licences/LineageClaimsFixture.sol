// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IDisputes} from "../../../contracts/interfaces/IDisputes.sol";
import {IGoods} from "../../../contracts/interfaces/IGoods.sol";
import {ILicences} from "../../../contracts/interfaces/ILicences.sol";
import {ILineageClaims} from "../../../contracts/interfaces/ILineageClaims.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {DisputeFixture} from "../dispute/DisputeFixture.sol";
import {LineageFixture} from "./LineageFixture.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice MODEL, whose owner `customer` has set its terms, and CHILD, which `third` listed later and which names no
/// parent.
abstract contract LineageClaimsFixture is LineageFixture, DisputeFixture {
    bytes32 internal constant CHILD = keccak256("a child");
    uint32 internal constant SHARE = 120_000;
    uint96 internal constant FLOOR = 3e18;
    uint96 internal constant CLAIM_BOND = uint96(2 * JURY_FEE);

    IModelRegistry.Lineage[] internal none;
    ILicences.Derivation[] internal noDerivations;
    uint48 internal parentId;
    uint256 internal childOffer;

    function setUp() public virtual override(CommissionFixture, LineageFixture) {
        LineageFixture.setUp();
        _publish(_offerOf(MODEL));
        parentId = goods.goodOf(MODEL).tokenId;
        vm.prank(customer);
        lineageClaims.setTerms(MODEL, address(paymentToken), SHARE, FLOOR);
        childOffer = _publishTested(third, CHILD, none, noDerivations, _offerOf(CHILD));
        _addBond(third, uint96(SELLERS_BOND));
    }

    /* STEPS */

    function _claim() internal returns (uint256 id) {
        return _claimAs(customer, MODEL, CHILD);
    }

    function _claimAs(address claimant, bytes32 parent, bytes32 child) internal returns (uint256 id) {
        _fund(claimant, paymentToken, CLAIM_BOND, address(lineageClaims));
        vm.prank(claimant);
        id = lineageClaims.claim(parent, child, "watermark");
    }

    function _deny(uint256 id) internal {
        _fund(third, paymentToken, CLAIM_BOND, address(lineageClaims));
        vm.prank(third);
        lineageClaims.deny(id, "made from scratch");
    }

    function _contestClaim(uint256 id, address by) internal returns (uint256 disputeId) {
        _fund(by, paymentToken, JURY_FEE, address(court));
        vm.prank(by);
        disputeId = disputes.open(lineageClaims, id, IDisputes.Ground.Breach, "evidence");
    }

    function _toChallenged(uint256 id) internal {
        vm.warp(lineageClaims.claimOf(id).deadline);
    }

    /* BOOKS */

    function _assertClaim(uint256 id, ILineageClaims.State state) internal view {
        assertEq(uint8(lineageClaims.claimOf(id).state), uint8(state), "state");
    }

    function _inClaim(uint256 id) internal view returns (uint256) {
        return escrow.held(address(lineageClaims), address(paymentToken), bytes32(id));
    }

    function _owedBy(bytes32 good) internal view returns (IGoods.Royalty[] memory owed) {
        (,, owed) = goods.royaltiesOf(good);
    }

    function _assertOwes(bytes32 good, uint256 tokenId, uint256 ppm, uint256 floor) internal view {
        IGoods.Royalty[] memory owed = _owedBy(good);
        IGoods.Royalty memory last = owed[owed.length - 1];
        assertEq(last.tokenId, tokenId, "ancestor");
        assertEq(last.ppm, ppm, "share");
        assertEq(last.floor, floor, "floor");
    }
}
