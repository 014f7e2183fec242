// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAuditRegistry} from "../../../contracts/interfaces/IAuditRegistry.sol";
import {IArbitrator} from "../../../contracts/interfaces/IArbitrator.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IConformity} from "../../../contracts/interfaces/IConformity.sol";
import {ICourt} from "../../../contracts/interfaces/ICourt.sol";
import {IDeliveries} from "../../../contracts/interfaces/IDeliveries.sol";
import {IDisputes} from "../../../contracts/interfaces/IDisputes.sol";
import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {IOpinions} from "../../../contracts/interfaces/IOpinions.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {IValidatorStaking} from "../../../contracts/interfaces/IValidatorStaking.sol";
import {IVickreyAuction} from "../../../contracts/interfaces/IVickreyAuction.sol";
import {SystemHandler} from "./SystemHandler.sol";

/// @notice Invariants of a market in which nothing happens prove nothing: 4,320 acts of their handler reach every state,
/// nearly every cause of an end, every kind of slash, and every event of the flow.
contract SystemReachTest is SystemHandler {
    uint256 private constant RUNS = 45;
    uint256 private constant DEPTH = 96;

    struct Reached {
        uint256[12] states;
        uint256[7] rounds;
        uint256[14] causes;
        uint256[3] reasons;
        uint256[] events;
    }

    function test_theHandlerGoesEverywhere() public {
        vm.pauseGasMetering(); // more than a block would hold
        Reached memory reached;
        reached.events = new uint256[](_events().length);
        for (uint256 run; run < RUNS; ++run) {
            uint256 snapshot = vm.snapshotState();
            for (uint256 i; i < DEPTH; ++i) {
                _act(_hash(run, i));
            }
            _count(reached);
            assertTrue(vm.revertToState(snapshot));
        }
        _report(reached);
        for (uint256 state = uint256(ICommissionMarket.State.Bidding); state < 12; ++state) {
            if (state == uint256(ICommissionMarket.State.Revealing)) continue; // no event of its own
            assertGe(reached.states[state], 20, string.concat("deals in state ", vm.toString(state)));
        }
        for (uint256 state = uint256(IRounds.State.Idle); state < 7; ++state) {
            assertGe(reached.rounds[state], 20, string.concat("rounds in state ", vm.toString(state)));
        }
        for (uint256 cause = uint256(ICommissionMarket.Cause.NoBids); cause < 14; ++cause) {
            assertGe(reached.causes[cause], 1, string.concat("refunds for cause ", vm.toString(cause)));
        }
        for (uint256 i; i < reached.reasons.length; ++i) {
            emit log_named_uint("slashes", reached.reasons[i]);
            assertGe(reached.reasons[i], 1, string.concat("slashes for reason ", vm.toString(i)));
        }
        for (uint256 i; i < reached.events.length; ++i) {
            assertGe(reached.events[i], 1, string.concat("events of kind ", vm.toString(i)));
        }
    }

    function _act(uint256 seed) private {
        bytes4 act = _acts()[_hash(seed, 7) % _acts().length];
        (bool ok, bytes memory reason) =
            address(this).call(abi.encodeWithSelector(act, _hash(seed, 8), _hash(seed, 9)));
        assertTrue(ok, vm.toString(reason));
    }

    /// @dev Memory outlives the return to the snapshot, storage does not.
    function _count(Reached memory reached) private view {
        for (uint8 i; i < reached.states.length; ++i) {
            reached.states[i] += entered[ICommissionMarket.State(i)];
        }
        for (uint8 i; i < reached.rounds.length; ++i) {
            reached.rounds[i] += roundsEntered[IRounds.State(i)];
        }
        for (uint8 i; i < reached.causes.length; ++i) {
            reached.causes[i] += refundedFor[ICommissionMarket.Cause(i)];
        }
        reached.reasons[0] += slashedFor[oracle.FALSE_REPORT()];
        reached.reasons[1] += slashedFor[oracle.WITHHELD()];
        reached.reasons[2] += slashedFor[oracle.SILENT()];
        bytes32[] memory events = _events();
        for (uint256 i; i < events.length; ++i) {
            reached.events[i] += seen[events[i]];
        }
    }

    /// @dev Shown with `-vv`.
    function _report(Reached memory reached) private {
        for (uint256 i; i < reached.states.length; ++i) {
            emit log_named_uint(string.concat("state ", vm.toString(i)), reached.states[i]);
        }
        for (uint256 i; i < reached.causes.length; ++i) {
            emit log_named_uint(string.concat("cause ", vm.toString(i)), reached.causes[i]);
        }
        for (uint256 i; i < reached.events.length; ++i) {
            emit log_named_uint(string.concat("event ", vm.toString(i)), reached.events[i]);
        }
    }

    function _events() private pure returns (bytes32[] memory events) {
        events = new bytes32[](43);
        events[0] = IVickreyAuction.BidCommitted.selector;
        events[1] = IVickreyAuction.BidRevealed.selector;
        events[2] = IVickreyAuction.BondReclaimed.selector;
        events[3] = IVickreyAuction.AuctionClosed.selector;
        events[4] = IValidationOracle.PanelSeated.selector;
        events[5] = IValidationOracle.SeatVacated.selector;
        events[6] = IValidationOracle.VoteCommitted.selector;
        events[7] = IValidationOracle.ReportRevealed.selector;
        events[8] = IRounds.Appealed.selector;
        events[9] = IValidationOracle.Judged.selector;
        events[10] = IAuditRegistry.AuditorSeated.selector;
        events[11] = IAuditRegistry.AuditorReplaced.selector;
        events[12] = IAuditRegistry.VerdictPosted.selector;
        events[13] = IAuditRegistry.AuditorLeft.selector;
        events[14] = IModelRegistry.VersionRegistered.selector;
        events[16] = IParticipantRegistry.RolesChanged.selector;
        events[17] = IParticipantRegistry.Accredited.selector;
        events[18] = IParticipantRegistry.AccreditationRevoked.selector;
        events[19] = IValidatorStaking.ExitRequested.selector;
        events[20] = IValidatorStaking.ExitCompleted.selector;
        events[21] = IEscrow.Withdrawn.selector;
        events[22] = IEscrow.ModuleRetired.selector;
        events[15] = IDeliveries.Delivered.selector;
        events[23] = IDisputes.DisputeOpened.selector;
        events[24] = IDisputes.DisputeResolved.selector;
        events[25] = ICourt.VoteRevealed.selector;
        events[26] = IArbitrator.AppealDecision.selector;
        events[27] = ICourt.RoundSettled.selector;
        events[28] = ICommissionMarket.ArbitratorNamed.selector;
        events[29] = IConformity.AssessmentOpened.selector;
        events[30] = IConformity.Assessed.selector;
        events[31] = IConformity.Voided.selector;
        events[32] = IConformity.TestSetRetired.selector;
        events[33] = IOpinions.OpinionOffered.selector;
        events[34] = IOpinions.OpinionAccepted.selector;
        events[35] = IOpinions.OpinionPosted.selector;
        events[36] = IOpinions.OpinionWithdrawn.selector;
        events[38] = IDeliveries.Refuted.selector;
        events[39] = IRounds.KeysGranted.selector;
        events[40] = IRounds.Answered.selector;
        events[37] = IOpinions.AuditorNamed.selector;
        events[41] = IAuditRegistry.VerdictSealed.selector;
        events[42] = IAuditRegistry.OpeningStarted.selector;
    }
}
