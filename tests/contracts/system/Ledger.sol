// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Vm} from "forge-std/Vm.sol";

import {Deals} from "../../../contracts/kernel/Deals.sol";
import {IAuditRegistry} from "../../../contracts/interfaces/IAuditRegistry.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {ICourt} from "../../../contracts/interfaces/ICourt.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IValidatorStaking} from "../../../contracts/interfaces/IValidatorStaking.sol";
import {IVickreyAuction} from "../../../contracts/interfaces/IVickreyAuction.sol";
import {SystemFixture} from "./SystemFixture.sol";

/// @notice Books kept beside the escrow's, from events alone: every account that money ever reached, what each hold got
/// and gave, what came in and went out, and what rules said was to be burnt.
abstract contract Ledger is SystemFixture {
    struct HoldBook {
        address module;
        address token;
        bytes32 id;
        uint256 got;
        uint256 gave;
    }

    HoldBook[] internal holdBooks;
    mapping(bytes32 key => uint256 indexPlusOne) private _bookOf;
    address[] internal accounts;
    mapping(address account => bool) private _isKnown;

    mapping(address token => uint256) internal deposited;
    mapping(address token => uint256) internal withdrawn;
    mapping(address token => uint256) internal strayed; // sent to the escrow past `deposit`
    mapping(address token => uint256) internal condemned; // what a rule said is to be burnt
    mapping(address validator => uint256) internal stakedBy;
    mapping(address validator => uint256) internal exitedBy;
    mapping(address validator => uint256) internal slashedOf;

    /// @notice How often each event was seen; the states, causes and reasons of some of them apart.
    mapping(bytes32 topic => uint256) public seen;
    mapping(ICommissionMarket.State => uint256) public entered;
    mapping(IRounds.State => uint256) public roundsEntered;
    mapping(ICommissionMarket.Cause => uint256) public refundedFor;
    mapping(bytes32 reason => uint256) public slashedFor;

    /// @inheritdoc SystemFixture
    /// @dev Events have no time of their own: what has happened is read before time goes on.
    function _until(uint256 time) internal override {
        _readLogs();
        super._until(time);
    }

    /// @inheritdoc SystemFixture
    /// @dev The events of a call that failed are recorded too, though they never were.
    function _attempt(address from, address target, bytes memory data)
        internal
        override
        returns (bool ok, bytes memory answer)
    {
        _readLogs();
        (ok, answer) = super._attempt(from, target, data);
        if (!ok) vm.getRecordedLogs();
    }

    function _know(address account) internal {
        if (_isKnown[account]) return;
        _isKnown[account] = true;
        accounts.push(account);
    }

    /// @dev Reads what has happened since the last time.
    function _readLogs() internal {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            bytes32 topic = logs[i].topics[0];
            ++seen[topic];
            if (logs[i].emitter == address(escrow)) _readEscrow(topic, logs[i]);
            else _readRules(topic, logs[i]);
            _readMore(topic, logs[i]);
        }
    }

    /// @dev What other books want to know.
    function _readMore(bytes32 topic, Vm.Log memory log) internal virtual;

    function _readEscrow(bytes32 topic, Vm.Log memory log) private {
        if (topic == IEscrow.Deposited.selector) {
            _know(_address(log.topics[1]));
            deposited[_address(log.topics[2])] += abi.decode(log.data, (uint256));
        } else if (topic == IEscrow.Withdrawn.selector) {
            withdrawn[_address(log.topics[2])] += abi.decode(log.data, (uint256));
        } else if (topic == IEscrow.HoldOpened.selector || topic == IEscrow.HoldFunded.selector) {
            (, uint256 amount) = abi.decode(log.data, (address, uint256));
            _book(log).got += amount;
        } else if (topic == IEscrow.Released.selector) {
            (address to, uint256 amount) = abi.decode(log.data, (address, uint256));
            _know(to);
            _book(log).gave += amount;
        } else if (topic == IEscrow.ReleasedEach.selector) {
            IEscrow.Payment[] memory payments = abi.decode(log.data, (IEscrow.Payment[]));
            for (uint256 i; i < payments.length; ++i) {
                _know(payments[i].to);
                _book(log).gave += payments[i].amount;
            }
        } else if (topic == IEscrow.Burnt.selector) {
            uint256 amount = abi.decode(log.data, (uint256));
            _book(log).gave += amount;
            // The bond of an appeal in vain: Rounds burns nothing else.
            if (_address(log.topics[1]) == address(rounds)) condemned[_address(log.topics[2])] += amount;
        } else if (topic == IEscrow.HoldMoved.selector) {
            (address toModule, bytes32 toId, uint256 amount) =
                abi.decode(log.data, (address, bytes32, uint256));
            _book(log).gave += amount;
            _bookAt(toModule, _address(log.topics[2]), toId).got += amount;
        }
    }

    function _readRules(bytes32 topic, Vm.Log memory log) private {
        if (topic == Deals.StateChanged.selector) {
            if (log.emitter == address(rounds)) ++roundsEntered[IRounds.State(uint256(log.topics[2]))];
            if (log.emitter != address(market)) return;
            ++entered[ICommissionMarket.State(uint256(log.topics[2]))];
        } else if (topic == ICommissionMarket.Refunded.selector) {
            (ICommissionMarket.Cause cause,,, uint256 burnt) =
                abi.decode(log.data, (ICommissionMarket.Cause, uint256, uint256, uint256));
            ++refundedFor[cause];
            condemned[address(paymentToken)] += burnt;
        } else if (topic == ICourt.RoundSettled.selector) {
            (,,, uint256 burnt) = abi.decode(log.data, (uint8, uint256, uint256, uint256));
            condemned[address(stakingToken)] += burnt;
        } else if (topic == IVickreyAuction.AuctionClosed.selector) {
            (,, uint256 forfeited) = abi.decode(log.data, (address[], uint96, uint256));
            condemned[address(paymentToken)] += forfeited;
        } else if (topic == IAuditRegistry.AuditorReplaced.selector) {
            condemned[address(stakingToken)] += abi.decode(log.data, (uint256));
        } else if (topic == IValidatorStaking.Slashed.selector) {
            uint96 amount = abi.decode(log.data, (uint96));
            ++slashedFor[log.topics[3]];
            slashedOf[_address(log.topics[2])] += amount;
            condemned[address(stakingToken)] += amount;
        } else if (topic == IValidatorStaking.Staked.selector) {
            (uint96 amount,) = abi.decode(log.data, (uint96, uint96));
            stakedBy[_address(log.topics[1])] += amount;
        } else if (topic == IValidatorStaking.ExitCompleted.selector) {
            exitedBy[_address(log.topics[1])] += abi.decode(log.data, (uint96));
        }
    }

    function _book(Vm.Log memory log) private returns (HoldBook storage) {
        return _bookAt(_address(log.topics[1]), _address(log.topics[2]), log.topics[3]);
    }

    function _bookAt(address module, address token, bytes32 id) private returns (HoldBook storage) {
        bytes32 key = keccak256(abi.encode(module, token, id));
        if (_bookOf[key] == 0) {
            holdBooks.push(HoldBook(module, token, id, 0, 0));
            _bookOf[key] = holdBooks.length;
        }
        return holdBooks[_bookOf[key] - 1];
    }

    function _address(bytes32 topic) internal pure returns (address) {
        return address(uint160(uint256(topic)));
    }
}
