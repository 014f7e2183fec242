// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Conformity} from "../../../contracts/audit/Conformity.sol";
import {IConformity} from "../../../contracts/interfaces/IConformity.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {OracleFixture} from "../oracle/OracleFixture.sol";

/// @notice Validators, a conformity body (an accredited regulator), one test set of its own, and somebody who applies.
abstract contract ConformityFixture is OracleFixture {
    uint96 internal constant BODY_FEE = 40e18;
    uint96 internal constant PURSE = 10_000e18;
    int64 internal constant PASS = 850_000;
    bytes32 internal constant MODEL = keccak256("model");
    uint8 internal constant DATA = 0; // artifacts
    uint8 internal constant NET = 1;

    Conformity internal conformity;
    address internal accreditor;
    address internal body;
    address internal applicant;
    uint32 internal setId;
    uint256 internal everything; // payment tokens in escrow
    IPolicy.Timeouts internal times;
    uint256 private _accreditorKey;

    function setUp() public virtual override {
        super.setUp();
        conformity = new Conformity(escrow, registry, policy, rounds, rulebook);
        escrow.authorise(address(conformity));
        rounds.grantRole(rounds.MODULE_ROLE(), address(conformity));
        IPolicy.TokenRule memory rule = IPolicy.TokenRule(true, 1e18, APPEAL_BOND, _stepFee());
        policy.setTokenRule(address(paymentToken), rule, _tiers());
        policy.setStakes(IPolicy.Stakes(SEAT, 0, 50_000, 200_000));
        policy.setCoolingOff(COOLING_OFF);
        times = policy.timeouts();
        _accreditBody();
        applicant = _register("applicant", IParticipantRegistry.Role.Developer);
        _fund(applicant, paymentToken, PURSE, address(conformity));
        setId = _registerSet(_set());
        everything = paymentToken.balanceOf(address(escrow));
    }

    /// @dev Base units; none, but where a test asks what steps are paid.
    function _stepFee() internal pure virtual returns (uint88) {
        return 0;
    }

    function _tiers() internal pure returns (IPolicy.PanelTier[] memory tiers) {
        tiers = new IPolicy.PanelTier[](1);
        tiers[0] = IPolicy.PanelTier(type(uint96).max, PANEL);
    }

    function _accreditBody() private {
        (accreditor, _accreditorKey) = makeAddrAndKey("accreditor");
        registry.grantRole(registry.ACCREDITOR_ROLE(), accreditor);
        body = _register("body", IParticipantRegistry.Role.Regulator);
        skip(TRUSTED_WAIT);
        IParticipantRegistry.Credential memory credential = IParticipantRegistry.Credential({
            subject: body,
            role: IParticipantRegistry.Role.Regulator,
            organisation: 0,
            validUntil: uint40(block.timestamp + 3650 days),
            nonce: registry.nonces(body),
            deadline: uint40(block.timestamp + 1 days)
        });
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "Credential(address subject,uint8 role,bytes32 organisation,uint40 validUntil,uint256 nonce,uint40 deadline)"
                ),
                credential
            )
        );
        bytes32 digest = keccak256(abi.encodePacked("\x19\x01", _domainSeparator(), structHash));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_accreditorKey, digest);
        registry.accredit(credential, accreditor, abi.encodePacked(r, s, v));
        _nextEpoch();
    }

    function _domainSeparator() private view returns (bytes32) {
        (, string memory name, string memory version, uint256 chain, address at,,) = registry.eip712Domain();
        return keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256(bytes(name)),
                keccak256(bytes(version)),
                chain,
                at
            )
        );
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

    function _seatPanel(uint256 id) internal {
        vm.roll(block.number + 3);
        conformity.advance(id);
    }

    function _toGrant() internal returns (uint256 id) {
        id = _toDraw();
        _seatPanel(id);
    }

    function _give(uint256 id, uint8 artifact) internal {
        uint256 panelId = _panelOf(id);
        vm.prank(artifact == DATA ? body : applicant);
        rounds.grant(panelId, artifact, "grants");
    }

    function _toVote() internal returns (uint256 id) {
        id = _toGrant();
        _give(id, NET);
        _give(id, DATA);
    }

    /// @dev The first `count` members report the same.
    function _say(uint256 id, uint256 count, IValidationOracle.Report memory report) internal {
        _answer(_round(id).requestId, _same(count, report));
    }

    /// @dev The votes of the whole panel are in, and may be appealed.
    function _toAppeal(IValidationOracle.Report memory report) internal returns (uint256 id) {
        id = _toVote();
        _say(id, PANEL, report);
    }

    function _pastAppeal(uint256 id) internal {
        vm.warp(oracle.requestOf(_round(id).requestId).revealEnds + times.appeal);
    }

    /// @dev From an application to what the panel says.
    function _assess(IValidationOracle.Report memory report) internal returns (uint256 id) {
        id = _toAppeal(report);
        _pastAppeal(id);
        conformity.advance(id);
    }

    /// @dev Nobody does anything but call `advance`.
    function _endByTime(uint256 id) internal {
        for (uint256 i; i < 24 && conformity.assessment(id).state == IConformity.State.Judging; ++i) {
            IRounds.RoundView memory round = _round(id);
            uint256 due = round.deadline;
            if (round.state == IRounds.State.Voting) {
                due = oracle.requestOf(round.requestId).revealEnds + times.appeal;
            }
            if (block.timestamp < due) vm.warp(due);
            _seatPanel(id);
        }
    }

    /* WHAT IS SO */

    function _panelOf(uint256 id) internal view returns (uint256) {
        return conformity.assessment(id).panelId;
    }

    function _round(uint256 id) internal view returns (IRounds.RoundView memory) {
        return rounds.roundOf(_panelOf(id));
    }

    function _paid(address account) internal view returns (uint256) {
        return _balance(account, paymentToken);
    }

    function _sum(address[] memory accounts) internal view returns (uint256 total) {
        for (uint256 i; i < accounts.length; ++i) {
            total += _paid(accounts[i]);
        }
    }

    function _held(uint256 id) internal view returns (uint256) {
        return escrow.held(address(conformity), address(paymentToken), bytes32(id));
    }

    function _isGone(uint256 panelId) internal view returns (bool) {
        try rounds.roundOf(panelId) {
            return false;
        } catch {
            return true;
        }
    }

    function _assertState(uint256 id, IConformity.State state) internal view {
        assertEq(uint8(conformity.assessment(id).state), uint8(state), "state");
    }

    function _assertVoid(uint256 id, IConformity.Cause cause) internal view {
        _assertState(id, IConformity.State.Void);
        assertEq(uint8(conformity.assessment(id).cause), uint8(cause), "cause");
        assertEq(conformity.standingOf(setId, MODEL).at, 0, "it says nothing of the model");
    }

    /// @dev The whole hold was paid out, as said, and the panel is gone.
    function _assertPaid(uint256 id, uint256 toValidators, uint256 toBody) internal view {
        assertEq(_held(id), 0, "the hold is zero");
        assertEq(_sum(validators), toValidators, "to validators");
        assertEq(_paid(body), toBody, "to the body");
        assertEq(_paid(applicant), PURSE - toValidators - toBody, "the rest to the applicant");
        assertEq(paymentToken.balanceOf(address(escrow)), everything, "nothing came in or went out");
        assertTrue(_isGone(_panelOf(id)), "the panel is let go");
    }
}
