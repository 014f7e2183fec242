// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IConformity} from "../../../contracts/interfaces/IConformity.sol";
import {IGoods} from "../../../contracts/interfaces/IGoods.sol";
import {ILicences} from "../../../contracts/interfaces/ILicences.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {LicenceFixture} from "./LicenceFixture.sol";

/// @notice Developers whose models were made for no commission: tested on a third party's set, published, derived from
/// one another.
abstract contract LineageFixture is LicenceFixture {
    uint32 internal setId;

    /// @dev A licence as its holder knows it.
    struct Licence {
        uint256 saleId;
        ILicences.Sale sale;
        ILicences.Terms terms;
    }

    function setUp() public virtual override {
        super.setUp();
        vm.prank(regulator);
        setId = conformity.register(
            IConformity.TestSet({
                body: regulator,
                bodyFee: 0,
                token: address(paymentToken),
                threshold: THRESHOLD,
                tolerance: 10_000,
                spec: "set spec",
                dataset: "set data",
                domain: 1,
                panelSize: PANEL,
                requiredCriteria: 0,
                retired: false
            })
        );
    }

    /* TESTS */

    /// @return id of an assessment of a model that scored.
    function _assess(address applicant, bytes32 manifest, int64 score) internal returns (uint256 id) {
        _fund(applicant, paymentToken, 2 * FEE * PANEL, address(conformity));
        _nextEpoch();
        vm.prank(applicant);
        id = conformity.open(setId, manifest, FEE);
        vm.roll(block.number + 3);
        conformity.advance(id);
        uint256 panelId = conformity.assessment(id).panelId;
        vm.prank(regulator);
        rounds.grant(panelId, 0, "data grants");
        vm.prank(applicant);
        rounds.grant(panelId, 1, "model grants");
        _report(rounds.roundOf(panelId).requestId, score, _agreement(_tested(id)));
        vm.warp(block.timestamp + times.appeal);
        conformity.advance(id);
    }

    function _report(uint256 requestId, int64 score, bytes32 word) private {
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](PANEL);
        for (uint256 i; i < PANEL; ++i) {
            reports[i] = _scored(score);
            reports[i].word = word;
        }
        _answerEach(requestId, reports);
    }

    /// @dev What the panel of an assessment agrees on: the delivery to nobody.
    function _tested(uint256 id) internal view returns (Exchange memory) {
        return _exchange(address(conformity), id);
    }

    function _proofOfTest(uint256 id) internal returns (IGoods.Proof memory proof) {
        Exchange memory x = _tested(id);
        proof.keyHash = _keyHash(x.key);
        proof.ciphertext = CIPHERTEXT;
        proof.commitment = _commitment(_context(x), _delivery(x));
        (proof.setId, proof.riskClass) = (setId, UNAUDITED);
    }

    /* DERIVING */

    function _lineage(bytes32 parent) internal pure returns (IModelRegistry.Lineage[] memory lineage) {
        lineage = new IModelRegistry.Lineage[](1);
        lineage[0] = IModelRegistry.Lineage(IModelRegistry.LineageKind.Model, parent);
    }

    function _derivations(Licence memory by) internal pure returns (ILicences.Derivation[] memory list) {
        list = new ILicences.Derivation[](1);
        list[0] = ILicences.Derivation(by.saleId, by.sale, by.terms);
    }

    /// @dev A licence to derive from a good of `seller`, delivered: models made under it owe `ppm` and `floor`.
    function _licenceToDerive(
        bytes32 good,
        address seller,
        address holder,
        uint96 price,
        uint32 ppm,
        uint96 floor
    ) internal returns (Licence memory licence) {
        ILicences.Offer memory o = _offerOf(good);
        (o.price, o.royaltyPpm, o.royaltyFloor) = (price, ppm, floor);
        _addBond(seller, SALE_BOND);
        _fund(holder, paymentToken, price + 1, address(licences));
        vm.prank(seller);
        uint256 offerId = licences.offer(o, _noJoining());
        licence.terms = _terms(o, seller);
        licence.saleId = _nextSale(offerId, licence.terms);
        ILicences.Order memory order = _order(offerId, licence.terms, 1);
        vm.prank(holder);
        licences.buy(order);
        licence.sale = _bought(licence.saleId, licence.terms, holder, 1);
        _deliverSale(licence.saleId, licence.sale, _sale(licence.saleId));
    }

    function _addBond(address seller, uint96 amount) internal {
        _fund(seller, paymentToken, amount, address(licences));
        vm.prank(seller);
        licences.addBond(address(paymentToken), amount);
    }

    /// @dev Tests a model of `owner` and publishes it, in one transaction after the test.
    function _publishTested(
        address owner,
        bytes32 manifest,
        IModelRegistry.Lineage[] memory lineage,
        ILicences.Derivation[] memory derivations,
        ILicences.Offer memory o
    ) internal returns (uint256 offerId) {
        uint256 id = _assess(owner, manifest, THRESHOLD);
        IGoods.Proof memory proof = _proofOfTest(id);
        IModelRegistry.Submission memory s;
        (s.manifest, s.lineage) = (manifest, lineage);
        vm.prank(owner);
        return licences.publish(proof, s, derivations, o, _noJoining());
    }
}
