// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IGoods} from "../../../contracts/interfaces/IGoods.sol";
import {ILicences} from "../../../contracts/interfaces/ILicences.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {LineageFixture} from "./LineageFixture.sol";

/// @notice The gas of royalties, and of bringing a tested model to the market. In the steady state whoever is paid has
/// had money before. Needs `isolate = true`.
contract RoyaltiesGasTest is LineageFixture {
    string private constant GROUP = "Licences";
    bytes32 private constant CHILD = keccak256("a child");
    bytes32 private constant GRANDCHILD = keccak256("a grandchild");

    ILicences.Terms[3] private terms;
    uint256[3] private offers;

    function setUp() public override {
        super.setUp();
        offers[0] = _publish(_offerOf(MODEL));
        terms[0] = _terms(_offerOf(MODEL), customer);
        Licence memory first = _licenceToDerive(MODEL, customer, third, 0, 100_000, 1e18);
        offers[1] = _publishTested(third, CHILD, _lineage(MODEL), _derivations(first), _offerOf(CHILD));
        terms[1] = _terms(_offerOf(CHILD), third);
        Licence memory second = _licenceToDerive(CHILD, third, rival, PRICE, 50_000, 1e18);
        offers[2] =
            _publishTested(rival, GRANDCHILD, _lineage(CHILD), _derivations(second), _offerOf(GRANDCHILD));
        terms[2] = _terms(_offerOf(GRANDCHILD), rival);
        _addBond(third, uint96(SELLERS_BOND));
        _addBond(rival, uint96(SELLERS_BOND));
        for (uint256 i; i < 3; ++i) {
            _collectedOf(i); // everybody has been paid before
        }
    }

    function test_gas_ofEachRoyalty() public {
        _collectedOf(1);
        uint256 one = vm.snapshotGasLastCall(GROUP, "collect one, 1 ancestor");
        _collectedOf(2);
        uint256 two = vm.snapshotGasLastCall(GROUP, "collect one, 2 ancestors");
        assertLe(two - one, 12_000);
    }

    function test_gas_publish() public {
        bytes32 good = keccak256("one more");
        uint256 id = _assess(third, good, THRESHOLD);
        IGoods.Proof memory proof = _proofOfTest(id);
        IModelRegistry.Submission memory s;
        s.manifest = good;
        ILicences.Offer memory o = _offerOf(good);
        vm.prank(third);
        licences.publish(proof, s, new ILicences.Derivation[](0), o, _noJoining());
        vm.snapshotGasLastCall(GROUP, "publish a tested model");
    }

    function _collectedOf(uint256 which) private {
        ILicences.Terms memory t = terms[which];
        uint256 saleId = _buy(offers[which], t, 1);
        ILicences.Sale memory sale = _bought(saleId, t, buyer, 1);
        _deliverSale(saleId, sale, _sale(saleId));
        vm.warp(sale.at.deadline());
        _collectOne(saleId, sale, t);
    }
}
