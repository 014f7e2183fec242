// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IRandomness} from "../interfaces/IRandomness.sol";
import {IValidationOracle} from "../interfaces/IValidationOracle.sol";
import {Agreement} from "./Agreement.sol";
import {Panels} from "./Panels.sol";
import {Seats} from "./Seats.sol";
import {ValidatorStaking} from "./ValidatorStaking.sol";
import {Votes} from "./Votes.sol";

/// @title ValidationOracle
/// @dev Silence and withholding are slashed whatever the outcome: they are facts on the chain. A false answer is
/// slashed only against a two-thirds agreement, and only where the opener has given time for an appeal; no other
/// report is an offence.
contract ValidationOracle is Votes {
    using Seats for uint32;

    uint256 private constant PPM = 1_000_000;

    constructor(IParticipantRegistry registry, ValidatorStaking staking, IRandomness randomness)
        Panels(registry, staking, randomness)
    {}

    /// @inheritdoc IValidationOracle
    // slither-disable-next-line reentrancy-no-eth -- STAKING and its ESCROW call nobody
    function judge(uint256 requestId, uint256 verdictId)
        external
        returns (Result memory result, address[] memory paid)
    {
        Room storage room = _roomAsked(requestId);
        if (msg.sender != room.opener) revert NotOpener(msg.sender);
        if (!room.open) revert AlreadyJudged(requestId);
        if (block.timestamp < _revealEnds(room)) revert TooEarly(requestId, _revealEnds(room));
        result = resultOf(verdictId);
        if (result.outcome == Outcome.Pending) {
            revert TooEarly(verdictId, _revealEnds(_roomAsked(verdictId)));
        }
        room.open = false;
        paid = _judge(room, uint256(room.generation) << 32 | _roomIdOf(requestId), result);
        emit Judged(requestId, verdictId, result, paid);
    }

    /// @return paid those who revealed and were not slashed.
    // slither-disable-next-line reentrancy-no-eth -- STAKING and its ESCROW call nobody
    function _judge(Room storage room, uint256 panelId, Result memory result)
        private
        returns (address[] memory paid)
    {
        (uint32 seats, uint32 committed, uint32 revealed) = (room.seats, room.committed, room.revealed);
        bool slashable = room.slashable && result.outcome == Outcome.Answered;
        paid = new address[](revealed.count());
        uint256 count;
        for (uint256 i; seats >> i != 0; ++i) {
            if (!seats.has(i)) continue;
            if (!revealed.has(i)) {
                _fine(panelId, room, i, committed.has(i));
            } else if (slashable && _isFalse(room, i, result)) {
                _slash(panelId, room, i, room.seatOf[i].stake, FALSE_REPORT);
            } else {
                paid[count++] = room.seatOf[i].member;
            }
        }
        // The array was made for all who have revealed.
        assembly ("memory-safe") {
            mstore(paid, count)
        }
    }

    /// @dev For a member that has committed and not revealed, or has done neither.
    function _fine(uint256 panelId, Room storage room, uint256 i, bool withheld) private {
        uint256 rate = withheld ? room.terms.withholdPpm : room.terms.silencePpm;
        _slash(panelId, room, i, room.terms.seatStake * rate / PPM, withheld ? WITHHELD : SILENT);
    }

    function _isFalse(Room storage room, uint256 seatNumber, Result memory result)
        private
        view
        returns (bool)
    {
        Report memory report = _reportOf(room, seatNumber);
        return report.status == ReportStatus.Answered && !Agreement.isCoherent(report, result, room.tolerance);
    }
}
