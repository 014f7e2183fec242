// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Vm} from "forge-std/Vm.sol";

import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {IValidatorStaking} from "../../../contracts/interfaces/IValidatorStaking.sol";
import {Ledger} from "./Ledger.sol";

/// @notice Panels from their events alone: whom they work for, who sits, what stake is behind each seat, what their
/// members have earned, and what an appeal has put down.
abstract contract PanelBooks is Ledger {
    struct Work {
        address market;
        uint256 dealId;
    }

    /// @dev Of a panel that Rounds has opened.
    struct FeeBook {
        uint256 size;
        uint256 fee; // base units, for each member and question
        uint256 questions;
        uint256 paid; // fees earned so far, in members
    }

    uint256[] internal requests;
    uint256[] internal roundIds;
    uint256[] internal appeals; // requests that were appealed
    mapping(uint256 panelId => Work) internal workOf; // an appeal panel's too
    mapping(uint256 panelId => FeeBook) internal fees;
    mapping(uint256 panelId => bool) internal isLive;
    mapping(uint256 panelId => IValidationOracle.PanelTerms) internal panelTermsOf;
    mapping(uint256 requestId => uint256) internal panelOfRequest;
    mapping(uint256 requestId => uint256) internal roundOfAppeal; // of the request that was appealed, its panel
    mapping(uint256 requestId => uint256) internal depositOf;
    mapping(address validator => uint256) internal seatStakes; // behind all seats that a validator holds

    mapping(uint256 panelId => mapping(address => uint256)) private _stakeIn;
    mapping(uint256 panelId => address[]) private _everSat;
    address[] private _fined; // by slashes whose panel is not known yet
    uint256[] private _fines;

    /// @inheritdoc Ledger
    function _readMore(bytes32 topic, Vm.Log memory log) internal virtual override {
        if (log.emitter == address(oracle)) _readPanel(topic, log);
        else if (log.emitter == address(rounds)) _readRound(topic, log);
        else if (topic == IValidatorStaking.Slashed.selector) _readSlash(log);
    }

    function _readPanel(bytes32 topic, Vm.Log memory log) private {
        uint256 id = uint256(log.topics[1]);
        if (topic == IValidationOracle.PanelOpened.selector) {
            isLive[id] = true;
            panelTermsOf[id] = abi.decode(log.data, (IValidationOracle.PanelTerms));
        } else if (topic == IValidationOracle.PanelSeated.selector) {
            (address[] memory members,) = abi.decode(log.data, (address[], bytes32[]));
            for (uint256 i; i < members.length; ++i) {
                _seatIn(id, members[i]);
            }
        } else if (topic == IValidationOracle.SeatVacated.selector) {
            _unseat(id, _address(log.topics[2]));
        } else if (topic == IValidationOracle.PanelDissolved.selector) {
            isLive[id] = false;
            for (uint256 i; i < _everSat[id].length; ++i) {
                _unseat(id, _everSat[id][i]);
            }
        } else if (topic == IValidationOracle.VotingBegan.selector) {
            requests.push(id);
            panelOfRequest[id] = uint256(log.topics[2]);
        } else if (topic == IValidationOracle.Judged.selector) {
            (, address[] memory paid) = abi.decode(log.data, (IValidationOracle.Result, address[]));
            fees[panelOfRequest[id]].paid += paid.length;
            _applyFines(panelOfRequest[id]);
        }
    }

    function _readRound(bytes32 topic, Vm.Log memory log) private {
        uint256 id = uint256(log.topics[1]);
        if (topic == IRounds.RoundOpened.selector) {
            IRounds.Terms memory terms = abi.decode(log.data, (IRounds.Terms));
            workOf[id] = Work(_address(log.topics[2]), uint256(log.topics[3]));
            (fees[id].size, fees[id].fee) = (terms.size, terms.fee);
            roundIds.push(id);
        } else if (topic == IRounds.Asked.selector) {
            ++fees[id].questions;
        } else if (topic == IRounds.Answered.selector) {
            IRounds.Answer memory answer = abi.decode(log.data, (IRounds.Answer));
            // Others were counted when they were judged.
            if (answer.outcome == IValidationOracle.Outcome.GranterSilent) {
                fees[id].paid += answer.paid.length;
            }
        } else if (topic == IRounds.Appealed.selector) {
            (uint256 panelId, uint256 deposit) = abi.decode(log.data, (uint256, uint256));
            workOf[panelId] = workOf[id];
            uint256 requestId = uint256(log.topics[2]);
            appeals.push(requestId);
            (roundOfAppeal[requestId], depositOf[requestId]) = (id, deposit);
        }
    }

    /// @dev Its panel is that of the next judgement.
    function _readSlash(Vm.Log memory log) private {
        _fined.push(_address(log.topics[2]));
        _fines.push(abi.decode(log.data, (uint96)));
    }

    /// @dev Whoever has lost its whole stake has left already.
    function _applyFines(uint256 panelId) private {
        for (uint256 i; i < _fined.length; ++i) {
            if (_stakeIn[panelId][_fined[i]] == 0) continue;
            _stakeIn[panelId][_fined[i]] -= _fines[i];
            seatStakes[_fined[i]] -= _fines[i];
        }
        delete _fined;
        delete _fines;
    }

    function _seatIn(uint256 panelId, address member) private {
        if (_stakeIn[panelId][member] != 0) return;
        _everSat[panelId].push(member);
        _stakeIn[panelId][member] = panelTermsOf[panelId].seatStake;
        seatStakes[member] += panelTermsOf[panelId].seatStake;
    }

    function _unseat(uint256 panelId, address member) private {
        seatStakes[member] -= _stakeIn[panelId][member];
        delete _stakeIn[panelId][member];
    }

    function _sitsIn(uint256 panelId, address member) internal view returns (bool) {
        return _stakeIn[panelId][member] != 0;
    }
}
