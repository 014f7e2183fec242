// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

import {IGoods} from "../../../contracts/interfaces/IGoods.sol";
import {ILicences} from "../../../contracts/interfaces/ILicences.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {LineageFixture} from "./LineageFixture.sol";

/// @notice What comes onto the market and as whose, and what every purchase is asked.
contract GoodsTest is LineageFixture {
    bytes32 private constant OWN = keccak256("a model of its developer's");
    bytes32 private constant CHILD = keccak256("a commission's child");
    IModelRegistry.Lineage[] private _none;
    ILicences.Derivation[] private _noDerivations;

    /* LISTING */

    function test_list_ofACommission() public {
        uint256 offerId = _publish(_offerOf(MODEL));
        IGoods.Good memory good = goods.goodOf(MODEL);
        assertEq(uint8(good.kind), uint8(IGoods.Kind.Model));
        assertEq(uint8(good.evidence), uint8(IGoods.Evidence.Commission));
        assertEq(good.riskClass, UNAUDITED, "the commission's");
        assertEq(good.domain, 1);
        assertEq(good.setId, 0);
        assertEq(good.edition, 0, "it owes nobody");
        assertEq(goods.ownerOf(good.tokenId), customer);
        assertEq(goods.keyHashOf(MODEL), _keyHash(_delivered(commissionId).key), "the attested key's");
        assertEq(goods.keyHashOf(OWN), 0);
        assertEq(licences.offerCount(), offerId);
    }

    function test_list_ofATestedModel() public {
        _publishTested(third, OWN, _none, _noDerivations, _offerOf(OWN));
        IGoods.Good memory good = goods.goodOf(OWN);
        assertEq(uint8(good.evidence), uint8(IGoods.Evidence.Assessment));
        assertEq(good.setId, setId);
        assertEq(good.domain, 1, "the set's");
        assertEq(good.riskClass, UNAUDITED);
        assertEq(goods.keyHashOf(OWN), _keyHash(_tested(conformity.assessmentCount()).key));
        assertEq(conformity.firstApplicant(OWN), third);
        assertNotEq(conformity.attested(setId, OWN), bytes32(0));
    }

    /// @dev Nobody takes a listed model's place, whoever owns it since: its key hash and what it owes stay.
    function test_list_once() public {
        _publish(_offerOf(MODEL));
        IGoods.Proof memory proof = _proof(commissionId);
        IModelRegistry.Submission memory s = _submissionOf(MODEL, _none);
        bytes memory listed = abi.encodeWithSelector(IGoods.AlreadyListed.selector, MODEL);
        _refused(customer, proof, s, listed);
        uint256 tokenId = goods.goodOf(MODEL).tokenId;
        vm.prank(customer);
        models.transferFrom(customer, rival, tokenId);
        _refused(rival, proof, s, listed);
        vm.prank(rival);
        assertEq(licences.offer(_offerOf(MODEL), _noJoining()), licences.offerCount(), "it offers it instead");
    }

    function test_list_byItsOwner() public {
        IGoods.Proof memory proof = _proof(commissionId);
        IModelRegistry.Submission memory s = _submissionOf(MODEL, _none);
        bytes memory notOwner = abi.encodeWithSelector(IGoods.NotOwner.selector, MODEL, developer, customer);
        _refused(developer, proof, s, notOwner);
    }

    /// @dev An owner that leaves a parent out of what was submitted would owe it nothing.
    function testFuzz_list_onlyAsItWasSubmitted(uint8 field) public {
        IGoods.Proof memory proof = _proof(commissionId);
        IModelRegistry.Submission memory s = _submission(MODEL); // with a dataset, which was not submitted
        bytes32 recorded = keccak256(abi.encode(_submissionOf(MODEL, _none)));
        if (field % 3 == 1) (s.lineage, s.grants) = (_none, "others");
        if (field % 3 == 2) (s.lineage, s.payees[0].account) = (_none, rival);
        bytes32 shown = keccak256(abi.encode(s));
        _refused(
            customer,
            proof,
            s,
            abi.encodeWithSelector(IGoods.OtherSubmission.selector, MODEL, recorded, shown)
        );
    }

    function testFuzz_list_byModulesAlone(address stranger) public {
        vm.assume(stranger != address(licences) && stranger != address(trials) && stranger != address(sales));
        IGoods.Proof memory proof = _proof(commissionId);
        IModelRegistry.Submission memory s = _submissionOf(MODEL, _none);
        bytes32 role = goods.MODULE_ROLE();
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, stranger, role)
        );
        vm.prank(stranger);
        goods.list(customer, proof, s, address(0), new IGoods.Royalty[](0));
    }

    /// @dev Its customer owns the model, and its developer held the licence to derive it.
    function test_developerOf_isWhoseLicenceCounts() public {
        _publish(_offerOf(MODEL));
        Licence memory licence = _licenceToDerive(MODEL, customer, developer, 0, 100_000, 0);
        _settled(CHILD, _lineage(MODEL));
        assertEq(goods.developerOf(MODEL), developer);
        assertEq(goods.developerOf(CHILD), developer);
        assertEq(goods.developerOf("unknown"), address(0));
        uint256 tokenId = models.modelCount();
        vm.prank(customer);
        models.transferFrom(customer, third, tokenId);
        IGoods.Proof memory proof = _proof(market.dealOfManifest(CHILD));
        IModelRegistry.Submission memory s = _submissionOf(CHILD, _lineage(MODEL));
        vm.prank(third);
        licences.publish(proof, s, _derivations(licence), _offerOf(CHILD), _noJoining());
        (, address token, IGoods.Royalty[] memory owed) = goods.royaltiesOf(CHILD);
        assertEq(token, address(0), "no floors, no token");
        assertEq(owed.length, 1);
        assertEq(owed[0].tokenId, goods.goodOf(MODEL).tokenId);
        assertEq(owed[0].ppm, 100_000);
    }

    /// @dev A model of no commission has no developer but its owner.
    function test_developerOf_aTestedModel() public {
        _publishTested(third, OWN, _none, _noDerivations, _offerOf(OWN));
        assertEq(goods.developerOf(OWN), address(0));
    }

    /* OFFERS REST ON IT */

    function test_offerOf_itsOwnerAlone() public {
        vm.expectRevert(abi.encodeWithSelector(IGoods.NotListed.selector, MODEL));
        goods.offerOf(MODEL, customer);
        _publish(_offerOf(MODEL));
        (uint16 edition, address royalties) = goods.offerOf(MODEL, customer);
        assertEq(edition, 0);
        assertEq(royalties, address(0));
        vm.expectRevert(abi.encodeWithSelector(IGoods.NotOwner.selector, MODEL, rival, customer));
        goods.offerOf(MODEL, rival);
    }

    function test_offerOf_namesWhatIsOwed() public {
        _publish(_offerOf(MODEL));
        Licence memory licence = _licenceToDerive(MODEL, customer, third, 0, 100_000, 1);
        _publishTested(third, OWN, _lineage(MODEL), _derivations(licence), _offerOf(OWN));
        (uint16 edition, address royalties) = goods.offerOf(OWN, third);
        assertEq(edition, 1);
        (address at,,) = goods.royaltiesOf(OWN);
        assertEq(royalties, at);
        assertNotEq(at, address(0));
    }

    function test_parts() public view {
        assertEq(address(goods.models()), address(models));
        assertEq(address(licences.goods()), address(goods));
    }

    /* PURCHASES ARE ASKED */

    function testFuzz_requireSellable_onTheRoyaltiesOfNow(uint16 stated) public {
        vm.assume(stated != 1);
        _publish(_offerOf(MODEL));
        Licence memory licence = _licenceToDerive(MODEL, customer, third, 0, 100_000, 1);
        _publishTested(third, OWN, _lineage(MODEL), _derivations(licence), _offerOf(OWN));
        vm.expectRevert(abi.encodeWithSelector(IGoods.RoyaltiesChanged.selector, OWN, 1, stated));
        goods.requireSellable(OWN, third, 1, stated, rival, 0);
        goods.requireSellable(OWN, third, 1, 1, rival, 0);
    }

    /// @dev Whoever asks: what is blocked goes by the seller's place as its terms have it, and the buyer's.
    function testFuzz_requireSellable_byPlace(uint256 blocked, uint8 sellersPlace) public {
        _publish(_offerOf(MODEL));
        policy.setJurisdictionRule(1, 1, blocked);
        if (blocked >> sellersPlace & 1 == 1) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IParticipantRegistry.JurisdictionBlocked.selector, customer, sellersPlace
                )
            );
        }
        goods.requireSellable(MODEL, customer, sellersPlace, 0, rival, 0);
    }

    function testFuzz_requireSellable_toParticipantsAlone(address stranger) public {
        vm.assume(registry.jurisdictionOf(stranger) == 0);
        _publish(_offerOf(MODEL));
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.NotRegistered.selector, stranger));
        goods.requireSellable(MODEL, customer, 1, 0, stranger, 0);
    }

    /// @dev One of the roles is enough, and it has to count now.
    function testFuzz_requireSellable_toItsAudience(uint8 audience) public {
        _publish(_offerOf(MODEL));
        address[3] memory askers = [rival, regulator, validators[0]];
        for (uint256 i; i < askers.length; ++i) {
            bool held = audience == 0 || registry.participantOf(askers[i]).roles & audience != 0;
            if (!held) {
                vm.expectRevert(abi.encodeWithSelector(IGoods.OutsideAudience.selector, askers[i], audience));
            }
            goods.requireSellable(MODEL, customer, 1, 0, askers[i], audience);
        }
    }

    /* SALES IN FLIGHT ARE ASKED LESS */

    function test_requireTested_asksNeitherOwnerNorHalt() public {
        vm.expectRevert(abi.encodeWithSelector(IGoods.NotListed.selector, OWN));
        goods.requireTested(OWN);
        _publishTested(third, OWN, _none, _noDerivations, _offerOf(OWN));
        uint256 tokenId = models.modelCount();
        vm.prank(third);
        models.transferFrom(third, rival, tokenId);
        policy.grantRole(policy.BRAKE_ROLE(), address(this));
        policy.halt();
        goods.requireTested(OWN);
        vm.expectRevert(abi.encodeWithSelector(IPolicy.MarketHalted.selector, policy.haltedUntil()));
        goods.requireSellable(OWN, rival, 1, 0, customer, 0);
    }

    /* HELPERS */

    function _refused(
        address by,
        IGoods.Proof memory proof,
        IModelRegistry.Submission memory s,
        bytes memory error
    ) private {
        vm.expectRevert(error);
        vm.prank(by);
        licences.publish(proof, s, _noDerivations, _offerOf(MODEL), _noJoining());
    }
}
