// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "../interfaces/ICommissionMarket.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";

/// @notice What the auction asks of a bidder.
struct Gate {
    address customer;
    uint32 organisation; // the customer's, 0 for none
    uint8 domain;
    uint256 blockedJurisdictions; // bitmap over developers' jurisdictions
    IPolicy.ShareCap shareCap;
}

/// @notice What a commission was agreed on: the request, and the rules that applied when it opened.
struct Terms {
    Gate gate;
    ICommissionMarket.Request request;
    address treasury;
    uint96 bond; // base units, the winner's
    uint96 appealBond;
    uint32 feePpm;
    uint8 panelSize;
    uint8 audits;
    bool regulator;
    uint40 coolingOff;
    IPolicy.Timeouts timeouts;
    IPolicy.Stakes stakes;
}

/// @title Terms kept as the code of a contract that does nothing.
/// @notice They are written once, never change and are read whole: as code they cost 200 gas a byte and one cold access,
/// which is 40 % of what storage slots cost. The layout is the fields one after another, big endian, without padding,
/// behind a STOP; the gate comes first so that a bid reads no more than it.
library CommissionTerms {
    /// @dev A position in packed bytes.
    struct Cursor {
        uint256 pointer;
    }

    uint256 private constant GATE_LENGTH = 78;
    uint256 private constant LENGTH = 392;

    /// @dev Copies what follows these eleven bytes to memory and returns it as the code:
    /// PUSH1 11, CODESIZE, SUB, DUP1, PUSH1 11, PUSH0, CODECOPY, PUSH0, RETURN.
    bytes11 private constant INIT_CODE = hex"600b380380600b5f395ff3";

    error TermsNotStored();

    function store(Terms memory terms) internal returns (address at) {
        bytes memory initCode = bytes.concat(
            INIT_CODE,
            bytes1(0), // STOP
            _packGate(terms.gate),
            _packRequest(terms.request),
            _packRules(terms),
            _packTimeouts(terms.timeouts)
        );
        assembly ("memory-safe") {
            // No value; the init code stands behind its length word.
            at := create(0, add(initCode, 32), mload(initCode))
        }
        if (at == address(0)) revert TermsNotStored();
    }

    function load(address at) internal view returns (Terms memory terms) {
        Cursor memory cursor = _open(at, LENGTH);
        _readGate(cursor, terms.gate);
        _readRequest(cursor, terms.request);
        terms.request.domain = terms.gate.domain;
        _readRules(cursor, terms);
        _readTimeouts(cursor, terms.timeouts);
    }

    function loadGate(address at) internal view returns (Gate memory gate) {
        _readGate(_open(at, GATE_LENGTH), gate);
    }

    /* PACKING */

    function _packGate(Gate memory gate) private pure returns (bytes memory) {
        return abi.encodePacked(
            gate.customer,
            gate.organisation,
            gate.domain,
            gate.blockedJurisdictions,
            gate.shareCap.capPpm,
            gate.shareCap.period,
            gate.shareCap.minVolume
        );
    }

    function _packRequest(ICommissionMarket.Request memory request) private pure returns (bytes memory) {
        return bytes.concat(
            abi.encodePacked(
                request.spec,
                request.dataset,
                request.token,
                request.reserve,
                request.evaluationFee,
                request.auditFee,
                request.effortFee,
                request.killFee,
                request.maxTotal
            ),
            abi.encodePacked(
                request.threshold,
                request.effortScore,
                request.tolerance,
                request.requiredCriteria,
                request.riskClass,
                request.submissionCap,
                request.commitEnds,
                request.revealEnds,
                request.buildWindow
            )
        );
    }

    function _packRules(Terms memory terms) private pure returns (bytes memory) {
        return bytes.concat(
            abi.encodePacked(
                terms.treasury,
                terms.bond,
                terms.appealBond,
                terms.feePpm,
                terms.panelSize,
                terms.audits,
                terms.regulator,
                terms.coolingOff
            ),
            abi.encodePacked(
                terms.stakes.seat, terms.stakes.auditor, terms.stakes.silencePpm, terms.stakes.withholdPpm
            )
        );
    }

    function _packTimeouts(IPolicy.Timeouts memory timeouts) private pure returns (bytes memory) {
        return abi.encodePacked(
            timeouts.draw,
            timeouts.grant,
            timeouts.commit,
            timeouts.reveal,
            timeouts.appeal,
            timeouts.audit,
            timeouts.delivery,
            timeouts.challenge
        );
    }

    /* READING */

    // forge-lint: disable-start(unsafe-typecast)
    // `_next` answers no more bits than it is asked for.

    function _readGate(Cursor memory cursor, Gate memory gate) private pure {
        gate.customer = address(uint160(_next(cursor, 20)));
        gate.organisation = uint32(_next(cursor, 4));
        gate.domain = uint8(_next(cursor, 1));
        gate.blockedJurisdictions = _next(cursor, 32);
        gate.shareCap.capPpm = uint32(_next(cursor, 4));
        gate.shareCap.period = uint40(_next(cursor, 5));
        gate.shareCap.minVolume = uint96(_next(cursor, 12));
    }

    function _readRequest(Cursor memory cursor, ICommissionMarket.Request memory request) private pure {
        request.spec = bytes32(_next(cursor, 32));
        request.dataset = bytes32(_next(cursor, 32));
        request.token = address(uint160(_next(cursor, 20)));
        request.reserve = uint96(_next(cursor, 12));
        request.evaluationFee = uint96(_next(cursor, 12));
        request.auditFee = uint96(_next(cursor, 12));
        request.effortFee = uint96(_next(cursor, 12));
        request.killFee = uint96(_next(cursor, 12));
        request.maxTotal = uint96(_next(cursor, 12));
        request.threshold = int64(uint64(_next(cursor, 8)));
        request.effortScore = int64(uint64(_next(cursor, 8)));
        request.tolerance = uint32(_next(cursor, 4));
        request.requiredCriteria = uint16(_next(cursor, 2));
        request.riskClass = uint8(_next(cursor, 1));
        request.submissionCap = uint8(_next(cursor, 1));
        request.commitEnds = uint40(_next(cursor, 5));
        request.revealEnds = uint40(_next(cursor, 5));
        request.buildWindow = uint32(_next(cursor, 4));
    }

    function _readRules(Cursor memory cursor, Terms memory terms) private pure {
        terms.treasury = address(uint160(_next(cursor, 20)));
        terms.bond = uint96(_next(cursor, 12));
        terms.appealBond = uint96(_next(cursor, 12));
        terms.feePpm = uint32(_next(cursor, 4));
        terms.panelSize = uint8(_next(cursor, 1));
        terms.audits = uint8(_next(cursor, 1));
        terms.regulator = _next(cursor, 1) != 0;
        terms.coolingOff = uint40(_next(cursor, 5));
        terms.stakes.seat = uint96(_next(cursor, 12));
        terms.stakes.auditor = uint96(_next(cursor, 12));
        terms.stakes.silencePpm = uint32(_next(cursor, 4));
        terms.stakes.withholdPpm = uint32(_next(cursor, 4));
    }

    function _readTimeouts(Cursor memory cursor, IPolicy.Timeouts memory timeouts) private pure {
        timeouts.draw = uint32(_next(cursor, 4));
        timeouts.grant = uint32(_next(cursor, 4));
        timeouts.commit = uint32(_next(cursor, 4));
        timeouts.reveal = uint32(_next(cursor, 4));
        timeouts.appeal = uint32(_next(cursor, 4));
        timeouts.audit = uint32(_next(cursor, 4));
        timeouts.delivery = uint32(_next(cursor, 4));
        timeouts.challenge = uint32(_next(cursor, 4));
    }

    // forge-lint: disable-end(unsafe-typecast)

    /// @dev A cursor at the start of `length` bytes of packed terms.
    function _open(address at, uint256 length) private view returns (Cursor memory cursor) {
        bytes memory packed = new bytes(length);
        assembly ("memory-safe") {
            // Behind the length word of `packed`, from behind the STOP.
            extcodecopy(at, add(packed, 32), 1, length)
            // cursor.pointer = the first byte of the contents
            mstore(cursor, add(packed, 32))
        }
    }

    /// @dev The next `size` bytes as an integer.
    function _next(Cursor memory cursor, uint256 size) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            let pointer := mload(cursor)
            // The word at the pointer starts with the value; what follows is shifted out.
            value := shr(sub(256, shl(3, size)), mload(pointer))
            mstore(cursor, add(pointer, size))
        }
    }
}
