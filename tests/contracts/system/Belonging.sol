// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IChambers} from "../../../contracts/interfaces/IChambers.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {Governing} from "./Governing.sol";

/// @notice People join, take roles and drop them, are accredited and revoked. Since when a trusted role may count, and
/// until when an accreditation does, is kept beside the registry by the rules as they are written down.
abstract contract Belonging is Governing {
    uint256 internal constant MOST_MEMBERS = 48;
    uint8 internal constant ROLES = 7;

    address[] internal members;
    mapping(address account => mapping(uint8 role => uint256)) internal countsFrom;
    mapping(address account => uint256) internal accreditedUntil;
    mapping(address account => uint8) internal rolesOf;

    function _rememberMembers() internal {
        _rememberAll(validators, IParticipantRegistry.Role.Validator);
        _rememberAll(auditors, IParticipantRegistry.Role.Auditor);
        _rememberAll(bidders, IParticipantRegistry.Role.Developer);
        _rememberAs(regulator, IParticipantRegistry.Role.Regulator);
        _rememberAs(customer, IParticipantRegistry.Role.Customer);
        _rememberAs(otherCustomer, IParticipantRegistry.Role.Customer);
    }

    function _join(uint256 seed) internal {
        if (members.length >= MOST_MEMBERS) return;
        address account = address(uint160(_hash(seed, 2)));
        (IParticipantRegistry.Role primary, uint8 secondary) = _someRoles(seed);
        IParticipantRegistry.Registration memory registration = IParticipantRegistry.Registration({
            primaryRole: primary,
            secondaryRoles: secondary,
            jurisdiction: uint8(seed % 8 == 7 ? 9 : 1),
            domains: seed % 8 == 6 ? 0x010001 : 1,
            organisation: seed % 8 == 5 ? bytes32("guild") : bytes32(0),
            encryptionKey: bytes32(_hash(seed, 3))
        });
        if (!_tried(account, address(registry), abi.encodeCall(registry.register, (registration)))) return;
        members.push(account);
        _took(account, uint8(1 << uint8(primary)) | secondary);
        if (registry.holdsRole(account, IParticipantRegistry.Role.Developer)) bidders.push(account);
    }

    function _changeRolesOf(address account, uint256 seed) internal {
        (IParticipantRegistry.Role primary, uint8 secondary) = _someRoles(seed);
        bytes memory data = abi.encodeCall(registry.changeRoles, (primary, secondary));
        if (_tried(account, address(registry), data)) _took(account, uint8(1 << uint8(primary)) | secondary);
    }

    /// @dev With the accreditor's true signature; it is refused where the role is not held.
    function _accreditOne(address account, uint256 seed) internal {
        bool asRegulator = seed % 2 == 0;
        uint8 role =
            uint8(asRegulator ? IParticipantRegistry.Role.Regulator : IParticipantRegistry.Role.Auditor);
        if (rolesOf[account] >> role & 1 == 0) return;
        _accredit(account, IParticipantRegistry.Role(role), 0);
        accreditedUntil[account] = block.timestamp + 3650 days;
    }

    /* CHAMBERS */

    /// @dev Takes a seat in a chamber of a role that is held, or is helped out of it; nothing before its time.
    function _sitInChamber(address account, uint256 seed) internal {
        uint256 kind = seed % 6;
        IChambers.Seat memory seat = chambers.seatOf(account);
        if (kind < 2) {
            IParticipantRegistry.Role role = IParticipantRegistry.Role(1 + seed / 8 % 6);
            IChambers.ChamberSeat memory asked =
                _seatCredential(account, role, bytes32(1 + seed / 64 % MOST_MEMBERS));
            bytes memory data = abi.encodeCall(chambers.join, (asked, seater, _signSeat(asked, seaterKey)));
            bool taken = _tried(account, address(chambers), data);
            if (taken && (seat.entity != 0 || !registry.holdsRole(account, role))) ++trespasses;
        } else if (kind == 2) {
            if (seed / 8 % 2 == 0) _until(seat.countsFrom);
            bool counts = seat.entity != 0 && block.timestamp >= seat.countsFrom;
            if (_tried(stranger, address(chambers), abi.encodeCall(chambers.activate, (account))) && !counts)
            {
                ++trespasses;
            }
        } else if (kind == 3) {
            _tried(account, address(chambers), abi.encodeCall(chambers.leave, ()));
        } else if (kind == 4) {
            bytes memory data = abi.encodeCall(chambers.revoke, (account));
            if (_tried(stranger, address(chambers), data)) ++trespasses;
            _tried(seater, address(chambers), data);
        } else {
            bool stands = seat.validUntil > block.timestamp && seat.revokedBy == address(0)
                && rolesOf[account] >> uint8(seat.role) & 1 == 1;
            bytes memory data = abi.encodeCall(chambers.vacate, (account));
            if (_tried(stranger, address(chambers), data) && stands) ++trespasses;
        }
    }

    function _revoke(address account) internal {
        bytes memory data = abi.encodeCall(registry.revokeAccreditation, (account));
        if (_tried(governance, address(registry), data)) accreditedUntil[account] = 0;
    }

    /// @dev What the registry says of roles is what was taken, waited for and accredited, and nothing more.
    function _roleRuleBrokenBy(address account) internal view returns (bool) {
        IParticipantRegistry.Participant memory p = registry.participantOf(account);
        uint8 regulatorBit = uint8(1 << uint8(IParticipantRegistry.Role.Regulator));
        if (p.roles != rolesOf[account] || p.primaryRole == IParticipantRegistry.Role.None) return true;
        if (p.roles >> uint8(p.primaryRole) & 1 == 0) return true;
        if (p.roles & regulatorBit != 0 && p.roles != regulatorBit) return true;
        for (uint8 role = 1; role < ROLES; ++role) {
            if (!registry.holdsRole(account, IParticipantRegistry.Role(role))) continue;
            if (p.roles >> role & 1 == 0 || block.timestamp < countsFrom[account][role]) return true;
            bool needsCredential = role == uint8(IParticipantRegistry.Role.Auditor)
                || role == uint8(IParticipantRegistry.Role.Regulator);
            if (needsCredential && block.timestamp >= accreditedUntil[account]) return true;
        }
        return false;
    }

    function _took(address account, uint8 roles) private {
        uint8 before = rolesOf[account];
        bool restarts;
        for (uint8 role = 1; role < ROLES; ++role) {
            if (_isTrusted(role) && (roles ^ before) >> role & 1 == 1) restarts = true;
        }
        for (uint8 role = 1; role < ROLES && restarts; ++role) {
            if (_isTrusted(role)) countsFrom[account][role] = block.timestamp + policy.trustedWait();
        }
        uint8 accredited = uint8(
            1 << uint8(IParticipantRegistry.Role.Auditor) | 1 << uint8(IParticipantRegistry.Role.Regulator)
        );
        if (roles & before & accredited == 0) accreditedUntil[account] = 0;
        rolesOf[account] = roles;
    }

    /// @dev Any roles, valid or not; half of the time a sensible one.
    function _someRoles(uint256 seed) private pure returns (IParticipantRegistry.Role, uint8) {
        uint8 primary = uint8(1 + _hash(seed, 0) % 6);
        uint8 secondary = uint8(_hash(seed, 1)) & 0x7e;
        if (seed % 2 == 0) secondary = 0;
        return (IParticipantRegistry.Role(primary), secondary);
    }

    function _isTrusted(uint8 role) private pure returns (bool) {
        return role == uint8(IParticipantRegistry.Role.Auditor)
            || role == uint8(IParticipantRegistry.Role.Validator)
            || role == uint8(IParticipantRegistry.Role.Regulator);
    }

    function _rememberAll(address[] storage list, IParticipantRegistry.Role role) private {
        for (uint256 i; i < list.length; ++i) {
            _rememberAs(list[i], role);
        }
    }

    /// @dev They joined before the handler watched, and their wait is over.
    function _rememberAs(address account, IParticipantRegistry.Role role) private {
        members.push(account);
        rolesOf[account] = uint8(1 << uint8(role));
        accreditedUntil[account] = block.timestamp + 3650 days;
    }
}
