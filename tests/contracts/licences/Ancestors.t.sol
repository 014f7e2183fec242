// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IGoods} from "../../../contracts/interfaces/IGoods.sol";
import {ILicences} from "../../../contracts/interfaces/ILicences.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {TestToken} from "../../../contracts/test/TestToken.sol";
import {LineageFixture} from "./LineageFixture.sol";

/// @notice Lineages with many parents: how many are owed, in which token, and one that is reached by two paths.
contract AncestorsTest is LineageFixture {
    bytes32 private constant CHILD = keccak256("a child");
    bytes32 private constant GRANDCHILD = keccak256("a grandchild");
    IModelRegistry.Lineage[] private _none;
    ILicences.Derivation[] private _noDerivations;

    function _parent(uint256 i) private pure returns (bytes32) {
        return keccak256(abi.encode("parent", i));
    }

    /// @dev Nine parents of `third`, and `rival`'s licences to derive from them, each for 3 %.
    function _nineParents()
        private
        returns (IModelRegistry.Lineage[] memory lineage, ILicences.Derivation[] memory by)
    {
        (lineage, by) = (new IModelRegistry.Lineage[](9), new ILicences.Derivation[](9));
        for (uint256 i; i < 9; ++i) {
            _publishTested(third, _parent(i), _none, _noDerivations, _offerOf(_parent(i)));
            lineage[i] = _lineage(_parent(i))[0];
            by[i] = _derivations(_licenceToDerive(_parent(i), third, rival, 0, 30_000, 0))[0];
        }
    }

    function test_eightAncestors_andNoMore() public {
        (IModelRegistry.Lineage[] memory lineage, ILicences.Derivation[] memory by) = _nineParents();
        IGoods.Proof memory proof = _proofOfTest(_assess(rival, CHILD, THRESHOLD));
        bytes memory tooMany = abi.encodeWithSelector(IGoods.TooManyAncestors.selector, 9, 8);
        _refused(rival, CHILD, lineage, by, proof, tooMany);
        assembly ("memory-safe") {
            mstore(lineage, 8)
            mstore(by, 8)
        }
        _publishAs(rival, CHILD, lineage, by, proof);
        (,, IGoods.Royalty[] memory owed) = goods.royaltiesOf(CHILD);
        assertEq(owed.length, 8);
        for (uint256 i; i < 8; ++i) {
            assertEq(owed[i].tokenId, goods.goodOf(_parent(i)).tokenId);
            assertEq(owed[i].ppm, 30_000);
        }
    }

    /// @dev An ancestor that is reached by two paths is one ancestor, and is owed by both.
    function test_twoPathsToOneAncestor() public {
        _publish(_offerOf(MODEL));
        Licence memory first = _licenceToDerive(MODEL, customer, third, 0, 100_000, 2e18);
        _publishTested(third, CHILD, _lineage(MODEL), _derivations(first), _offerOf(CHILD));
        Licence memory direct = _licenceToDerive(MODEL, customer, rival, 0, 50_000, 1e18);
        Licence memory second = _licenceToDerive(CHILD, third, rival, PRICE, 0, 0);
        (IModelRegistry.Lineage[] memory lineage, ILicences.Derivation[] memory by) = _two(direct, second);
        IGoods.Proof memory proof = _proofOfTest(_assess(rival, GRANDCHILD, THRESHOLD));
        _publishAs(rival, GRANDCHILD, lineage, by, proof);
        (,, IGoods.Royalty[] memory owed) = goods.royaltiesOf(GRANDCHILD);
        assertEq(owed.length, 1, "who asks for nothing is not listed");
        assertEq(owed[0].tokenId, goods.goodOf(MODEL).tokenId);
        assertEq(owed[0].ppm, 150_000);
        assertEq(owed[0].floor, 3e18);
    }

    /// @dev Floors are sums of one token. A share of the price has none.
    function test_floorsInTwoTokens() public {
        TestToken other = _otherToken();
        _publish(_offerOf(MODEL));
        _publishTested(third, CHILD, _none, _noDerivations, _offerOf(CHILD));
        Licence memory first = _licenceToDerive(MODEL, customer, rival, 0, 50_000, 1);
        Licence memory second = _freeLicence(CHILD, other, 50_000, 1);
        IGoods.Proof memory proof = _proofOfTest(_assess(rival, GRANDCHILD, THRESHOLD));
        (IModelRegistry.Lineage[] memory lineage, ILicences.Derivation[] memory by) = _two(first, second);
        bytes memory twoTokens =
            abi.encodeWithSelector(ILicences.TwoTokens.selector, address(paymentToken), address(other));
        _refused(rival, GRANDCHILD, lineage, by, proof, twoTokens);
        second = _freeLicence(CHILD, other, 50_000, 0);
        (lineage, by) = _two(first, second);
        _publishAs(rival, GRANDCHILD, lineage, by, proof);
        (, address token, IGoods.Royalty[] memory owed) = goods.royaltiesOf(GRANDCHILD);
        assertEq(token, address(paymentToken));
        assertEq(owed.length, 2);
    }

    /// @dev Also where a parent's own ancestors have the other token.
    function test_floorsInTwoTokens_furtherUp() public {
        TestToken other = _otherToken();
        _publish(_offerOf(MODEL));
        Licence memory first = _licenceToDerive(MODEL, customer, third, 0, 50_000, 1);
        _publishTested(third, CHILD, _lineage(MODEL), _derivations(first), _offerOf(CHILD));
        Licence memory second = _licenceToDerive(CHILD, third, rival, PRICE, 50_000, 0);
        _publishTested(rival, GRANDCHILD, _lineage(CHILD), _derivations(second), _offerOf(GRANDCHILD));
        ILicences.Offer memory o = _offerOf(GRANDCHILD);
        o.token = address(other);
        bytes memory error =
            abi.encodeWithSelector(ILicences.PriceTooLow.selector, uint256(o.price), address(paymentToken));
        vm.expectRevert(error); // no floor is sold in another token
        vm.prank(rival);
        licences.offer(o, _noJoining());
        (, address token,) = goods.royaltiesOf(GRANDCHILD);
        assertEq(token, address(paymentToken), "its grandparent's");
    }

    /// @dev A parent of one's own is owed nothing, but what it owes is.
    function test_ownParent_passesOnWhatItOwes() public {
        _publish(_offerOf(MODEL));
        Licence memory first = _licenceToDerive(MODEL, customer, third, 0, 50_000, 1);
        _publishTested(third, CHILD, _lineage(MODEL), _derivations(first), _offerOf(CHILD));
        ILicences.Derivation[] memory own = new ILicences.Derivation[](1);
        _publishTested(third, GRANDCHILD, _lineage(CHILD), own, _offerOf(GRANDCHILD));
        (,, IGoods.Royalty[] memory owed) = goods.royaltiesOf(GRANDCHILD);
        assertEq(owed.length, 1);
        assertEq(owed[0].tokenId, goods.goodOf(MODEL).tokenId);
        assertEq(owed[0].ppm, 50_000);
    }

    /* HELPERS */

    function _otherToken() private returns (TestToken other) {
        other = new TestToken("Another", "tEUR", 18);
        IPolicy.PanelTier[] memory tiers = new IPolicy.PanelTier[](1);
        tiers[0] = IPolicy.PanelTier(type(uint96).max, PANEL);
        policy.setTokenRule(address(other), IPolicy.TokenRule(true, 1e18, 50e18, 0), tiers);
    }

    /// @dev `rival`'s, from `third`, who gives it away.
    function _freeLicence(bytes32 good, TestToken token, uint32 ppm, uint96 floor)
        private
        returns (Licence memory licence)
    {
        ILicences.Offer memory o = _offerOf(good);
        (o.token, o.price, o.bond) = (address(token), 0, 0);
        (o.royaltyPpm, o.royaltyFloor) = (ppm, floor);
        vm.prank(third);
        uint256 offerId = licences.offer(o, _noJoining());
        licence.terms = _terms(o, third);
        licence.saleId = _nextSale(offerId, licence.terms);
        ILicences.Order memory order = _order(offerId, licence.terms, 1);
        vm.prank(rival);
        licences.buy(order);
        licence.sale = _bought(licence.saleId, licence.terms, rival, 1);
        _deliverSale(licence.saleId, licence.sale, _sale(licence.saleId));
    }

    function _two(Licence memory first, Licence memory second)
        private
        pure
        returns (IModelRegistry.Lineage[] memory lineage, ILicences.Derivation[] memory by)
    {
        (lineage, by) = (new IModelRegistry.Lineage[](2), new ILicences.Derivation[](2));
        lineage[0] = _lineage(first.terms.offer.good)[0];
        lineage[1] = _lineage(second.terms.offer.good)[0];
        (by[0], by[1]) = (_derivations(first)[0], _derivations(second)[0]);
    }

    function _publishAs(
        address owner,
        bytes32 manifest,
        IModelRegistry.Lineage[] memory lineage,
        ILicences.Derivation[] memory by,
        IGoods.Proof memory proof
    ) private {
        IModelRegistry.Submission memory s;
        (s.manifest, s.lineage) = (manifest, lineage);
        vm.prank(owner);
        licences.publish(proof, s, by, _offerOf(manifest), _noJoining());
    }

    function _refused(
        address owner,
        bytes32 manifest,
        IModelRegistry.Lineage[] memory lineage,
        ILicences.Derivation[] memory by,
        IGoods.Proof memory proof,
        bytes memory error
    ) private {
        IModelRegistry.Submission memory s;
        (s.manifest, s.lineage) = (manifest, lineage);
        vm.expectRevert(error);
        vm.prank(owner);
        licences.publish(proof, s, by, _offerOf(manifest), _noJoining());
    }
}
