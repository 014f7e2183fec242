// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Side} from "../../../contracts/interfaces/IDisputableMarket.sol";
import {IGoods} from "../../../contracts/interfaces/IGoods.sol";
import {ILineageClaims} from "../../../contracts/interfaces/ILineageClaims.sol";
import {LineageClaimsFixture} from "./LineageClaimsFixture.sol";

/// @notice Owners of parents and children who claim, deny, admit, sell their models and dispute as they like, a court
/// that rules as it likes, and strangers.
contract LineageClaimsInvariants is LineageClaimsFixture {
    bytes32 private constant OTHER = keccak256("another parent");
    bytes32 private constant LATE = keccak256("listed late");

    bytes32[2] private _parents = [MODEL, OTHER];
    bytes32[2] private _children = [CHILD, LATE];
    address[] private _actors;
    uint256 private _brought; // payment tokens that came into escrow
    mapping(bytes32 child => uint256) private _words; // admissions and rulings for a claimant

    function setUp() public override {
        super.setUp();
        _publishTested(rival, OTHER, none, noDerivations, _offerOf(OTHER));
        vm.prank(rival);
        lineageClaims.setTerms(OTHER, address(paymentToken), 250_000, 1e18);
        skip(1);
        _publishTested(third, LATE, none, noDerivations, _offerOf(LATE));
        _actors = [customer, rival, third, buyer];
        for (uint256 i; i < 4; ++i) {
            _fund(_actors[i], paymentToken, 1000e18, address(lineageClaims));
        }
        _brought = paymentToken.balanceOf(address(escrow));
        targetContract(address(this));
        bytes4[] memory acts = new bytes4[](9);
        (acts[0], acts[1], acts[2]) = (this.claim.selector, this.claim.selector, this.deny.selector);
        (acts[3], acts[4], acts[5]) = (this.admit.selector, this.settle.selector, this.contest.selector);
        (acts[6], acts[7], acts[8]) = (this.rule.selector, this.wait_.selector, this.hand.selector);
        targetSelector(FuzzSelector(address(this), acts));
    }

    /* ACTS */

    function claim(uint256 who, uint256 parent, uint256 child) external {
        bytes32 from = _parents[parent % 2];
        address owner = goods.ownerOf(goods.goodOf(from).tokenId);
        vm.prank(who % 4 == 0 ? _actors[who % 3] : owner);
        try lineageClaims.claim(from, _children[child % 2], "watermark") {} catch {}
    }

    function deny(uint256 id, uint256 who) external {
        vm.prank(_answering(id, who));
        try lineageClaims.deny(_some(id), "scratch") {} catch {}
    }

    function admit(uint256 id, uint256 who) external {
        if (lineageClaims.claimCount() == 0) return;
        bytes32 child = lineageClaims.claimOf(_some(id)).child;
        bytes32 list = keccak256(abi.encode(_owedBy(child)));
        address by = _answering(id, who);
        bool owns = by == goods.ownerOf(goods.goodOf(child).tokenId);
        vm.prank(by);
        try lineageClaims.admit(_some(id)) {
            assertTrue(owns, "admitted by somebody else");
            ++_words[child];
        } catch {
            assertEq(keccak256(abi.encode(_owedBy(child))), list);
        }
    }

    function settle(uint256 id) external {
        try lineageClaims.settle(_some(id)) {} catch {}
    }

    function contest(uint256 id, bool byDisputes) external {
        if (byDisputes) vm.prank(address(disputes));
        try lineageClaims.contest(_some(id), uint40(block.timestamp + 30 days)) {
            assertTrue(byDisputes, "contested by a stranger");
        } catch {}
    }

    function rule(uint256 id, uint8 side, bool byDisputes) external {
        if (lineageClaims.claimCount() == 0) return;
        Side whom = Side(side % 3);
        bytes32 child = lineageClaims.claimOf(_some(id)).child;
        if (byDisputes) vm.prank(address(disputes));
        try lineageClaims.resolve(_some(id), whom, 1e18) {
            assertTrue(byDisputes, "ruled by a stranger");
            if (whom == Side.Customer) ++_words[child];
        } catch {}
    }

    function wait_(uint32 time) external {
        skip(bound(time, 1, 4 days));
    }

    /// @dev A model changes hands.
    function hand(uint256 which, uint256 to) external {
        bytes32 good = which % 4 < 2 ? _parents[which % 2] : _children[which % 2];
        uint256 tokenId = goods.goodOf(good).tokenId;
        address owner = models.ownerOf(tokenId);
        vm.prank(owner);
        models.transferFrom(owner, _actors[to % 4], tokenId);
    }

    /* PROMISES */

    function invariant_ClaimsAndMoney() public view {
        uint256 inHolds;
        uint256[2] memory open;
        for (uint256 id = 1; id <= lineageClaims.claimCount(); ++id) {
            ILineageClaims.ClaimView memory c = lineageClaims.claimOf(id);
            bool over = c.state >= ILineageClaims.State.Upheld;
            uint256 bonds = over ? 0 : c.denied ? 2 * c.bond : c.bond;
            assertEq(_inClaim(id), bonds, "the hold is the bonds of what is open");
            inHolds += bonds;
            if (!over) ++open[c.child == CHILD ? 0 : 1];
        }
        for (uint256 i; i < 2; ++i) {
            bytes32 child = _children[i];
            assertEq(lineageClaims.openClaims(child), open[i], "open claims are counted");
            IGoods.Royalty[] memory owed = _owedBy(child);
            assertLe(owed.length, _words[child], "nothing is added without an owner's word or a ruling");
            assertEq(owed.length, goods.goodOf(child).edition, "each ancestor is an edition");
            uint256 ppm;
            for (uint256 j; j < owed.length; ++j) {
                ppm += owed[j].ppm;
            }
            assertLe(ppm, 300_000, "the cap");
        }
        assertEq(paymentToken.balanceOf(address(escrow)), _brought, "nothing came in or went out");
        uint256 total = _paid(customer) + _paid(rival) + _paid(third) + _paid(buyer) + _paid(treasury)
            + _paid(developer) + _paid(regulator) + _burnt(paymentToken) + inHolds + _sellersHold(customer)
            + _sellersHold(third) + _sellersHold(rival);
        total += _sum(validators) + _sum(auditors) + _sum(payees);
        assertEq(total, _brought, "and each unit is somebody's");
    }

    /// @dev From wherever the acts have led, each claim comes to its end without those who want it otherwise.
    function afterInvariant() public {
        for (uint256 id = 1; id <= lineageClaims.claimCount(); ++id) {
            ILineageClaims.ClaimView memory c = lineageClaims.claimOf(id);
            if (c.state == ILineageClaims.State.Disputed) {
                vm.prank(address(disputes)); // as after an arbitrator's silence
                lineageClaims.resolve(id, Side.None, 0);
            }
            while (lineageClaims.claimOf(id).state < ILineageClaims.State.Disputed) {
                vm.warp(lineageClaims.claimOf(id).deadline);
                try lineageClaims.settle(id) {} catch {}
            }
            assertEq(_inClaim(id), 0, "nothing is left");
        }
    }

    /* HELPERS */

    function _some(uint256 id) private view returns (uint256) {
        uint256 count = lineageClaims.claimCount();
        return count == 0 ? 1 : 1 + id % count;
    }

    /// @dev Mostly the child's owner.
    function _answering(uint256 id, uint256 who) private view returns (address) {
        if (lineageClaims.claimCount() == 0 || who % 4 == 0) return _actors[who % 3];
        return goods.ownerOf(goods.goodOf(lineageClaims.claimOf(_some(id)).child).tokenId);
    }
}
