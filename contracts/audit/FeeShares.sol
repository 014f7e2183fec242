// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";

import {IFeeShares} from "../interfaces/IFeeShares.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";

/// @title FeeShares
/// @dev A sum is of one period and is begun anew in its slot by the next; a change of the period's length begins all anew.
contract FeeShares is IFeeShares, AccessControl {
    /// @notice Whoever states fees: modules that seat auditors.
    bytes32 public constant MODULE_ROLE = keccak256("MODULE_ROLE");

    uint256 private constant PPM = 1_000_000;

    /// @dev One slot.
    struct Sum {
        uint40 since; // the period's beginning, Unix seconds
        uint216 amount; // base units
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
    function add(address auditor, address[] calldata accounts, address token, uint96 fee)
        external
        onlyRole(MODULE_ROLE)
    {
        if (fee == 0) return;
        uint40 since = _since(POLICY.feeShareCap().period);
        bytes32[] memory parties = _partiesOf(accounts);
        _increase(_total[auditor][token], since, fee);
        for (uint256 i = 0; i < parties.length; ++i) {
            if (!_isNamedBefore(parties, i)) _increase(_from[auditor][token][parties[i]], since, fee);
        }
        emit FeeAgreed(auditor, token, fee, accounts);
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
        fromParty = _amount(_from[auditor][token][_partyOf(account)], since);
        total = _amount(_total[auditor][token], since);
    }

    /* SHARES */

    function _overShare(
        address auditor,
        address[] calldata accounts,
        address token,
        uint96 fee,
        IPolicy.ShareCap memory rule
    ) private view returns (address party, uint256 fromParty, uint256 total) {
        uint40 since = _since(rule.period);
        total = _amount(_total[auditor][token], since) + fee;
        if (rule.capPpm == 0 || total < rule.minVolume) return (address(0), 0, total);
        for (uint256 i = 0; i < accounts.length; ++i) {
            uint256 before = _amount(_from[auditor][token][_partyOf(accounts[i])], since);
            fromParty = before + fee;
            if (before != 0 && fromParty * PPM > total * rule.capPpm) return (accounts[i], fromParty, total);
        }
        return (address(0), 0, total);
    }

    /* PERIODS */

    function _increase(Sum storage sum, uint40 since, uint96 fee) private {
        // forge-lint: disable-next-line(unsafe-typecast)
        (sum.since, sum.amount) = (since, uint216(_amount(sum, since) + fee)); // 2^120 fees are out of reach
    }

    function _amount(Sum storage sum, uint40 since) private view returns (uint256) {
        // slither-disable-next-line incorrect-equality -- a period's beginning names it
        return sum.since == since ? sum.amount : 0;
    }

    /// @dev Without a period there is one, from the beginning.
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

    /// @dev The organisation, or the account where it has none. A name is hashed, as anybody can call an organisation like
    /// another's account.
    function _partyOf(address account) private view returns (bytes32) {
        bytes32 organisation = REGISTRY.organisationOf(account);
        return organisation == 0 ? bytes32(uint256(uint160(account))) : keccak256(abi.encode(organisation));
    }
}
