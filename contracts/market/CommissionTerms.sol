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

/// @notice Who gets a share of the hold beside developer and payees, and what it is paid in.
struct Shares {
    address customer;
    address token;
    address treasury;
    uint96 bond;
    uint32 feePpm;
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
    uint256 private constant TOKEN_AT = 142;
    uint256 private constant RULES_AT = 272;
    uint256 private constant SHARES_LENGTH = 320;
    uint256 private constant PREFIX_LENGTH = 12;
    uint256 private constant STOP = 0;

    /// @dev Copies what follows these eleven bytes to memory and returns it as the code:
    /// PUSH1 11, CODESIZE, SUB, DUP1, PUSH1 11, PUSH0, CODECOPY, PUSH0, RETURN.
    bytes11 private constant INIT_CODE = hex"600b380380600b5f395ff3";

    error TermsNotStored();

    function store(Terms memory terms) internal returns (address at) {
        // A word more, as the last field is written as a whole word.
        bytes memory initCode = new bytes(PREFIX_LENGTH + LENGTH + 32);
        Cursor memory cursor = _begin(initCode);
        _put(cursor, uint88(INIT_CODE), 11);
        _put(cursor, STOP, 1);
        _putGate(cursor, terms.gate);
        _putRequest(cursor, terms.request);
        _putRules(cursor, terms);
        _putTimeouts(cursor, terms.timeouts);
        assembly ("memory-safe") {
            // No value; the init code stands behind its length word.
            at := create(0, add(initCode, 32), add(PREFIX_LENGTH, LENGTH))
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

    /// @notice What a settlement asks for.
    function loadShares(address at) internal view returns (Shares memory shares) {
        Cursor memory cursor = _open(at, SHARES_LENGTH);
        shares.customer = address(uint160(_next(cursor, 20)));
        cursor.pointer += TOKEN_AT - 20;
        shares.token = address(uint160(_next(cursor, 20)));
        cursor.pointer += RULES_AT - TOKEN_AT - 20;
        shares.treasury = address(uint160(_next(cursor, 20)));
        shares.bond = uint96(_next(cursor, 12));
        cursor.pointer += 12;
        shares.feePpm = uint32(_next(cursor, 4));
    }

    /* WRITING */

    function _putGate(Cursor memory cursor, Gate memory gate) private pure {
        _put(cursor, uint160(gate.customer), 20);
        _put(cursor, gate.organisation, 4);
        _put(cursor, gate.domain, 1);
        _put(cursor, gate.blockedJurisdictions, 32);
        _put(cursor, gate.shareCap.capPpm, 4);
        _put(cursor, gate.shareCap.period, 5);
        _put(cursor, gate.shareCap.minVolume, 12);
    }

    function _putRequest(Cursor memory cursor, ICommissionMarket.Request memory request) private pure {
        _put(cursor, uint256(request.spec), 32);
        _put(cursor, uint256(request.dataset), 32);
        _put(cursor, uint160(request.token), 20);
        _put(cursor, request.reserve, 12);
        _put(cursor, request.evaluationFee, 12);
        _put(cursor, request.auditFee, 12);
        _put(cursor, request.effortFee, 12);
        _put(cursor, request.killFee, 12);
        _put(cursor, request.maxTotal, 12);
        _put(cursor, uint64(request.threshold), 8);
        _put(cursor, uint64(request.effortScore), 8);
        _put(cursor, request.tolerance, 4);
        _put(cursor, request.requiredCriteria, 2);
        _put(cursor, request.riskClass, 1);
        _put(cursor, request.submissionCap, 1);
        _put(cursor, request.commitEnds, 5);
        _put(cursor, request.revealEnds, 5);
        _put(cursor, request.buildWindow, 4);
    }

    function _putRules(Cursor memory cursor, Terms memory terms) private pure {
        _put(cursor, uint160(terms.treasury), 20);
        _put(cursor, terms.bond, 12);
        _put(cursor, terms.appealBond, 12);
        _put(cursor, terms.feePpm, 4);
        _put(cursor, terms.panelSize, 1);
        _put(cursor, terms.audits, 1);
        _put(cursor, terms.regulator ? 1 : 0, 1);
        _put(cursor, terms.coolingOff, 5);
        _put(cursor, terms.stakes.seat, 12);
        _put(cursor, terms.stakes.auditor, 12);
        _put(cursor, terms.stakes.silencePpm, 4);
        _put(cursor, terms.stakes.withholdPpm, 4);
    }

    function _putTimeouts(Cursor memory cursor, IPolicy.Timeouts memory timeouts) private pure {
        _put(cursor, timeouts.draw, 4);
        _put(cursor, timeouts.grant, 4);
        _put(cursor, timeouts.commit, 4);
        _put(cursor, timeouts.reveal, 4);
        _put(cursor, timeouts.appeal, 4);
        _put(cursor, timeouts.audit, 4);
        _put(cursor, timeouts.delivery, 4);
        _put(cursor, timeouts.challenge, 4);
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
        cursor = _begin(packed);
        assembly ("memory-safe") {
            // To behind the length word of `packed`, from behind the STOP.
            extcodecopy(at, add(packed, 32), 1, length)
        }
    }

    function _begin(bytes memory packed) private pure returns (Cursor memory cursor) {
        assembly ("memory-safe") {
            // cursor.pointer = the first byte of the contents
            mstore(cursor, add(packed, 32))
        }
    }

    /// @dev Writes the low `size` bytes of `value`, and zeros up to a word.
    function _put(Cursor memory cursor, uint256 value, uint256 size) private pure {
        assembly ("memory-safe") {
            let pointer := mload(cursor)
            mstore(pointer, shl(sub(256, shl(3, size)), value))
            mstore(cursor, add(pointer, size))
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
