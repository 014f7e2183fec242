// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Artifact} from "../../../contracts/interfaces/Artifact.sol";
import {IConformity} from "../../../contracts/interfaces/IConformity.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice The market with a conformity body (the regulator), one test set of its own, and somebody who applies.
abstract contract ConformityFixture is CommissionFixture {
    uint96 internal constant BODY_FEE = 40e18;
    uint96 internal constant PURSE = 10_000e18;
    int64 internal constant PASS = 850_000;
    bytes32 internal constant MODEL = keccak256("model");
    Artifact internal constant DATA = Artifact.Dataset;
    Artifact internal constant NET = Artifact.Model;

    address internal body;
    address internal applicant;
    uint32 internal setId;
    uint256 internal everything; // payment tokens in escrow

    function setUp() public virtual override {
        super.setUp();
        body = regulator;
        applicant = _register("applicant", IParticipantRegistry.Role.Developer);
        _fund(applicant, paymentToken, PURSE, address(conformity));
        setId = _registerSet(_set());
        everything = paymentToken.balanceOf(address(escrow));
    }

    function _set() internal view returns (IConformity.TestSet memory) {
        return IConformity.TestSet({
            body: body,
            bodyFee: BODY_FEE,
            token: address(paymentToken),
            threshold: PASS,
            tolerance: 10_000,
            spec: "spec",
            dataset: "dataset",
            domain: 1,
            panelSize: PANEL,
            requiredCriteria: 1,
            retired: false
        });
    }

    function _registerSet(IConformity.TestSet memory set) internal returns (uint32) {
        vm.prank(body);
        return conformity.register(set);
    }

    /* STEPS */

    function _apply(bytes32 manifest) internal returns (uint256 id) {
        vm.prank(applicant);
        id = conformity.open(setId, manifest, FEE);
    }

    /// @dev At the beginning of an epoch, so that none ends before the draw.
    function _toDraw() internal returns (uint256 id) {
        _nextEpoch();
        id = _apply(MODEL);
    }

    function _toGrant() internal returns (uint256 id) {
        id = _toDraw();
        vm.roll(block.number + 3);
        conformity.advance(id);
    }

    function _give(uint256 id, Artifact artifact) internal {
        vm.prank(artifact == DATA ? body : applicant);
        conformity.grant(id, artifact, "grants");
    }

    function _toEvaluate() internal returns (uint256 id) {
        id = _toGrant();
        _give(id, NET);
        _give(id, DATA);
    }

    /// @dev The first `count` members report the same.
    function _say(uint256 id, uint256 count, IValidationOracle.Report memory report) internal {
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](count);
        for (uint256 i; i < count; ++i) {
            reports[i] = report;
        }
        _answerEach(conformity.assessment(id).requestId, reports);
    }

    /// @dev Provisionally, with all of the panel.
    function _toAppeal(IValidationOracle.Report memory report) internal returns (uint256 id) {
        id = _toEvaluate();
        _say(id, PANEL, report);
        conformity.advance(id);
    }

    /// @dev To the end of the present stage by time.
    function _timeoutStage(uint256 id) internal {
        vm.warp(conformity.assessment(id).deadline);
        conformity.advance(id);
    }

    /// @dev From an application to what the panel says.
    function _assess(IValidationOracle.Report memory report) internal returns (uint256 id) {
        id = _toAppeal(report);
        _timeoutStage(id);
    }

    /* WHAT IS SO */

    function _assertStage(uint256 id, IConformity.Stage stage) internal view {
        assertEq(uint8(conformity.assessment(id).stage), uint8(stage), "stage");
    }

    function _assertVoid(uint256 id, IConformity.Cause cause) internal view {
        _assertStage(id, IConformity.Stage.Void);
        assertEq(uint8(conformity.assessment(id).cause), uint8(cause), "cause");
        assertEq(conformity.standingOf(setId, MODEL).at, 0, "it says nothing of the model");
    }

    /// @dev The whole hold was paid out, as said, and the panel is gone.
    function _assertPaid(uint256 id, uint256 toValidators, uint256 toBody) internal view {
        assertEq(escrow.held(address(conformity), address(paymentToken), bytes32(id)), 0, "the hold is zero");
        assertEq(_sum(validators), toValidators, "to validators");
        assertEq(_paid(body), toBody, "to the body");
        assertEq(_paid(applicant), PURSE - toValidators - toBody, "the rest to the applicant");
        assertEq(paymentToken.balanceOf(address(escrow)), everything, "nothing came in or went out");
        assertTrue(oracle.panel(conformity.assessment(id).panelId).dissolved, "the panel is dissolved");
    }
}
