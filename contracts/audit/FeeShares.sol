// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IFeeShares} from "../interfaces/IFeeShares.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";

/// @title FeeShares
/// @dev Paid fees are summed for one period; the next one starts again in the same slot, and so does a change of the
/// period's length. Fees that are agreed and not yet paid stay until they are paid or cancelled.
contract FeeShares is IFeeShares, AccessControl {
    /// @notice Whoever states fees: modules that seat auditors.
    bytes32 public constant MODULE_ROLE = keccak256("MODULE_ROLE");

    uint256 private constant PPM = 1_000_000;

    /// @dev One slot.
    struct Sum {
        uint40 since; // the period's beginning, Unix seconds
        uint104 paid; // base units, in the period
        uint104 pending; // base units, agreed and neither paid nor cancelled; kept for parties alone
    }

    IParticipantRegistry private immutable REGISTRY;
    IPolicy private immutable POLICY;

    mapping(address auditor => mapping(address token => Sum)) private _total;
    mapping(address auditor => mapping(address token => mapping(bytes32 party => Sum))) private _from;

    constructor(address governance, IParticipantRegistry registry, IPolicy policy) {
        _grantRole(DEFAULT_ADMIN_ROLE, governance);
        (REGISTRY, POLICY) = (registry, policy);
    }

    /// @inheritdoc IFeeShares
    function count(Stage stage, address auditor, address[] calldata accounts, address token, uint96 fee)
        external
        onlyRole(MODULE_ROLE)
    {
        uint40 since = stage == Stage.Paid ? _since(POLICY.feeShareCap().period) : 0;
        if (stage == Stage.Paid) _addPaid(_total[auditor][token], since, fee);
        bytes32[] memory parties = _partiesOf(accounts);
        for (uint256 i = 0; i < parties.length; ++i) {
            if (_isNamedBefore(parties, i)) continue;
            Sum storage sum = _from[auditor][token][parties[i]];
            if (stage == Stage.Agreed) sum.pending = SafeCast.toUint104(uint256(sum.pending) + fee);
            else _takePending(sum, fee);
            if (stage == Stage.Paid) _addPaid(sum, since, fee);
        }
        emit FeeCounted(auditor, token, stage, fee, accounts);
    }

    /// @inheritdoc IFeeShares
    function requireWithin(address auditor, address[] calldata accounts, address token, uint96 fee)
        external
        view
    {
        IPolicy.ShareCap memory rule = POLICY.feeShareCap();
        (address party, uint256 fromParty, uint256 total) = _overShare(auditor, accounts, token, fee, rule);
        if (party == address(0)) return;
        revert FeeShareExceeded(auditor, party, fromParty, total, rule.capPpm);
    }

    /// @inheritdoc IFeeShares
    function overShare(
        address auditor,
        address[] calldata accounts,
        address token,
        uint96 fee,
        IPolicy.ShareCap calldata rule
    ) external view returns (address party, uint256 fromParty, uint256 total) {
        return _overShare(auditor, accounts, token, fee, rule);
    }

    /// @inheritdoc IFeeShares
    function feesOf(address auditor, address account, address token)
        external
        view
        returns (uint256 fromParty, uint256 total)
    {
        uint40 since = _since(POLICY.feeShareCap().period);
        Sum memory sum = _from[auditor][token][_partyOf(account)];
        fromParty = _paid(sum, since) + sum.pending;
        total = _paid(_total[auditor][token], since) + sum.pending;
    }

    /* SHARES */

    /// @dev Fees that other parties have agreed to pay make no room: they may never be paid.
    function _overShare(
        address auditor,
        address[] calldata accounts,
        address token,
        uint96 fee,
        IPolicy.ShareCap memory rule
    ) private view returns (address party, uint256 fromParty, uint256 total) {
        uint40 since = _since(rule.period);
        uint256 paid = _paid(_total[auditor][token], since);
        for (uint256 i = 0; rule.capPpm != 0 && i < accounts.length; ++i) {
            Sum memory sum = _from[auditor][token][_partyOf(accounts[i])];
            uint256 before = _paid(sum, since) + sum.pending;
            (fromParty, total) = (before + fee, paid + sum.pending + fee);
            if (before == 0 || total < rule.minVolume) continue;
            if (fromParty * PPM > total * rule.capPpm) return (accounts[i], fromParty, total);
        }
        return (address(0), 0, paid + fee);
    }

    /* PERIODS */

    /// @dev At the most that fits: 256 of the largest fees.
    function _addPaid(Sum storage sum, uint40 since, uint96 fee) private {
        uint256 paid = Math.min(_paid(sum, since) + fee, type(uint104).max);
        // forge-lint: disable-next-line(unsafe-typecast)
        (sum.since, sum.paid) = (since, uint104(paid)); // the smaller of the two fits
    }

    /// @dev At most what is there: a party may have joined an organisation since it agreed, and is counted under its
    /// name now.
    function _takePending(Sum storage sum, uint96 fee) private {
        // forge-lint: disable-next-line(unsafe-typecast)
        sum.pending -= uint104(Math.min(sum.pending, fee)); // no more than it is taken from
    }

    function _paid(Sum memory sum, uint40 since) private pure returns (uint256) {
        // slither-disable-next-line incorrect-equality -- a period's beginning names it
        return sum.since == since ? sum.paid : 0;
    }

    /// @dev A period of 0 means a single one, from the beginning.
    function _since(uint40 period) private view returns (uint40) {
        // forge-lint: disable-start(unsafe-typecast)
        // slither-disable-next-line weak-prng -- a beginning, no draw
        return period == 0 ? 0 : uint40(block.timestamp - block.timestamp % period); // Unix time
        // forge-lint: disable-end(unsafe-typecast)
    }

    /* PARTIES */

    function _isNamedBefore(bytes32[] memory parties, uint256 index) private pure returns (bool) {
        for (uint256 i = 0; i < index; ++i) {
            if (parties[i] == parties[index]) return true;
        }
        return false;
    }

    function _partiesOf(address[] calldata accounts) private view returns (bytes32[] memory parties) {
        parties = new bytes32[](accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            parties[i] = _partyOf(accounts[i]);
        }
    }

    /// @dev The organisation, or the account where it has none. The name is hashed, because anyone can give an
    /// organisation a name that equals another's account.
    function _partyOf(address account) private view returns (bytes32) {
        bytes32 organisation = REGISTRY.organisationOf(account);
        return organisation == 0 ? bytes32(uint256(uint160(account))) : keccak256(abi.encode(organisation));
    }
}
