// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";

import {ParticipantRegistry} from "../../../contracts/access/ParticipantRegistry.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {RegistryFixture} from "./RegistryFixture.sol";
import {Wallet1271} from "./Wallet1271.sol";

/// @notice Credentials: who may sign them, for whom, and what ends them.
contract AccreditationTest is RegistryFixture {
    uint256 private constant CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    bytes32 private constant ORGANISATION = keccak256("audit house");

    address private _accreditor;
    uint256 private _key;
    address private _auditor;
    IParticipantRegistry.Credential private _credential;

    function setUp() public override {
        super.setUp();
        (_accreditor, _key) = makeAddrAndKey("accreditor");
        _grant(registry, _accreditor);
        _auditor = _join("auditor", IParticipantRegistry.Role.Auditor, 0);
        _credential = IParticipantRegistry.Credential({
            subject: _auditor,
            role: IParticipantRegistry.Role.Auditor,
            organisation: ORGANISATION,
            validUntil: uint40(block.timestamp + 365 days),
            nonce: 0,
            deadline: uint40(block.timestamp + 1 days)
        });
    }

    /* WHAT A CREDENTIAL DOES */

    function testFuzz_Accredit_ByAnyone(address sender) public {
        vm.expectEmit(address(registry));
        emit IParticipantRegistry.Accredited(
            _auditor, IParticipantRegistry.Role.Auditor, ORGANISATION, _credential.validUntil, _accreditor
        );
        vm.prank(sender);
        registry.accredit(_credential, _accreditor, _signature());
        assertEq(registry.participantOf(_auditor).accreditedUntil, _credential.validUntil);
        assertEq(registry.organisationOf(_auditor), ORGANISATION);
        assertEq(registry.nonces(_auditor), 1);
    }

    function testFuzz_Accredit_CountsAfterTheWait_UntilItsEnd(uint40 at) public {
        uint256 start = block.timestamp;
        registry.accredit(_credential, _accreditor, _signature());
        vm.warp(bound(at, start, start + 2 * 365 days));
        bool counts = block.timestamp >= start + WAIT && block.timestamp < _credential.validUntil;
        assertEq(registry.holdsRole(_auditor, IParticipantRegistry.Role.Auditor), counts);
    }

    function test_HoldsRole_NeedsTheAccreditation() public {
        vm.warp(block.timestamp + WAIT);
        assertFalse(registry.holdsRole(_auditor, IParticipantRegistry.Role.Auditor));
    }

    /// @dev After a lapse, not at a renewal; and a wait that is not over is not cut short.
    function test_Accredit_TrustsFromNowOnAfterALapse() public {
        uint256 waited = block.timestamp + WAIT;
        registry.accredit(_credential, _accreditor, _signature());
        assertEq(registry.participantOf(_auditor).trustedFrom, waited);
        vm.warp(waited + 1);
        (_credential.nonce, _credential.deadline) = (1, _credential.validUntil);
        registry.accredit(_credential, _accreditor, _signature());
        assertEq(registry.participantOf(_auditor).trustedFrom, waited);
        vm.warp(_credential.validUntil);
        _credential.nonce = 2;
        (_credential.validUntil, _credential.deadline) = (_credential.validUntil + 1, _credential.validUntil);
        registry.accredit(_credential, _accreditor, _signature());
        assertEq(registry.participantOf(_auditor).trustedFrom, block.timestamp);
        assertTrue(registry.holdsRole(_auditor, IParticipantRegistry.Role.Auditor));
    }

    function test_Accredit_ARegulator() public {
        address regulator = _join("regulator", IParticipantRegistry.Role.Regulator, 0);
        _credential.subject = regulator;
        _credential.role = IParticipantRegistry.Role.Regulator;
        registry.accredit(_credential, _accreditor, _signature());
        vm.warp(block.timestamp + WAIT);
        assertTrue(registry.holdsRole(regulator, IParticipantRegistry.Role.Regulator));
        assertFalse(registry.holdsRole(regulator, IParticipantRegistry.Role.Auditor));
    }

    function test_Accredit_AnOrganisationOfNone() public {
        registry.accredit(_credential, _accreditor, _signature());
        _credential.organisation = 0;
        _credential.nonce = 1;
        registry.accredit(_credential, _accreditor, _signature());
        assertEq(registry.organisationOf(_auditor), 0);
    }

    /* WHAT ENDS IT */

    function test_ChangeRoles_EndsItWithItsRole() public {
        registry.accredit(_credential, _accreditor, _signature());
        vm.startPrank(_auditor);
        registry.changeRoles(IParticipantRegistry.Role.Customer, _bit(IParticipantRegistry.Role.Auditor));
        assertEq(registry.participantOf(_auditor).accreditedUntil, _credential.validUntil); // role kept
        // An auditor's accreditation makes no regulator.
        registry.changeRoles(IParticipantRegistry.Role.Regulator, 0);
        assertEq(registry.participantOf(_auditor).accreditedUntil, 0);
        registry.changeRoles(IParticipantRegistry.Role.Auditor, 0);
        vm.warp(block.timestamp + WAIT);
        assertFalse(registry.holdsRole(_auditor, IParticipantRegistry.Role.Auditor));
    }

    function test_Revoke_EndsItAtOnce_AndVoidsCredentialsSignedBefore() public {
        registry.accredit(_credential, _accreditor, _signature());
        _credential.nonce = 1;
        bytes memory inTheDrawer = _signature();
        vm.expectEmit(address(registry));
        emit IParticipantRegistry.AccreditationRevoked(_auditor, _accreditor);
        vm.prank(_accreditor);
        registry.revokeAccreditation(_auditor);
        vm.warp(block.timestamp + WAIT);
        assertFalse(registry.holdsRole(_auditor, IParticipantRegistry.Role.Auditor));

        _credential.deadline = uint40(block.timestamp + 1 days);
        vm.expectRevert(abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, _auditor, 2));
        registry.accredit(_credential, _accreditor, inTheDrawer);
    }

    function testFuzz_Revoke_IsTheAccreditorsAlone(address stranger) public {
        vm.assume(stranger != _accreditor);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.NotAccreditor.selector, stranger));
        vm.prank(stranger);
        registry.revokeAccreditation(_auditor);
    }

    function test_Revoke_RefusesStrangers() public {
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.NotRegistered.selector, module));
        vm.prank(_accreditor);
        registry.revokeAccreditation(module);
    }

    /* WHAT IS REFUSED */

    function test_Accredit_RefusesExpired() public {
        bytes memory signature = _signature();
        bytes memory refusal = abi.encodeWithSelector(
            IParticipantRegistry.CredentialExpired.selector, _credential.deadline, _credential.validUntil
        );
        vm.warp(_credential.deadline + 1);
        vm.expectRevert(refusal);
        registry.accredit(_credential, _accreditor, signature);

        _credential.deadline = type(uint40).max;
        signature = _signature();
        vm.warp(_credential.validUntil);
        vm.expectRevert(
            abi.encodeWithSelector(
                IParticipantRegistry.CredentialExpired.selector, type(uint40).max, _credential.validUntil
            )
        );
        registry.accredit(_credential, _accreditor, signature);
    }

    function testFuzz_Accredit_RefusesOtherRoles(uint8 role) public {
        role = uint8(bound(role, 0, 6));
        vm.assume(role != uint8(IParticipantRegistry.Role.Auditor));
        vm.assume(role != uint8(IParticipantRegistry.Role.Regulator));
        _credential.role = IParticipantRegistry.Role(role);
        bytes memory signature = _signature();
        vm.expectRevert(
            abi.encodeWithSelector(IParticipantRegistry.NotAccreditable.selector, _credential.role)
        );
        registry.accredit(_credential, _accreditor, signature);
    }

    function test_Accredit_RefusesARoleNotHeld() public {
        _credential.role = IParticipantRegistry.Role.Regulator;
        bytes memory signature = _signature();
        vm.expectRevert(
            abi.encodeWithSelector(
                IParticipantRegistry.RoleNotHeld.selector, _auditor, IParticipantRegistry.Role.Regulator
            )
        );
        registry.accredit(_credential, _accreditor, signature);
    }

    function testFuzz_Accredit_RefusesStrangers(address stranger) public {
        vm.assume(registry.participantOf(stranger).index == 0);
        _credential.subject = stranger;
        bytes memory signature = _signature();
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.NotRegistered.selector, stranger));
        registry.accredit(_credential, _accreditor, signature);
    }

    function testFuzz_Accredit_RefusesOtherSigners(uint256 key) public {
        key = boundPrivateKey(key);
        vm.assume(key != _key);
        bytes memory signature = _sign(registry, key);
        address signer = vm.addr(key);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.NotAccreditor.selector, signer));
        registry.accredit(_credential, signer, signature);
        _expectInvalid();
        registry.accredit(_credential, _accreditor, signature);
    }

    function test_Accredit_RefusesAFormerAccreditor() public {
        bytes memory signature = _signature();
        bytes32 role = registry.ACCREDITOR_ROLE();
        vm.prank(governance);
        registry.revokeRole(role, _accreditor);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.NotAccreditor.selector, _accreditor));
        registry.accredit(_credential, _accreditor, signature);
    }

    function test_Accredit_CannotBeReplayed() public {
        bytes memory signature = _signature();
        registry.accredit(_credential, _accreditor, signature);
        vm.expectRevert(abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, _auditor, 1));
        registry.accredit(_credential, _accreditor, signature);
        _credential.nonce = 1; // nor re-dated
        _expectInvalid();
        registry.accredit(_credential, _accreditor, signature);
    }

    function testFuzz_Accredit_IsForOneChain(uint64 chainId) public {
        vm.assume(chainId != block.chainid && chainId != 0);
        bytes memory signature = _signature();
        vm.chainId(chainId);
        _expectInvalid();
        registry.accredit(_credential, _accreditor, signature);
    }

    function test_Accredit_IsForOneContract() public {
        ParticipantRegistry other = new ParticipantRegistry(governance, registry.POLICY());
        bytes memory signature = _sign(other, _key);
        _expectInvalid();
        registry.accredit(_credential, _accreditor, signature);
    }

    function testFuzz_Accredit_RefusesChangedTerms(bytes32 organisation, uint40 validUntil, uint40 deadline)
        public
    {
        vm.assume(organisation != ORGANISATION);
        IParticipantRegistry.Credential memory changed = _credential;
        bytes memory signature = _signature();
        changed.organisation = organisation;
        _expectInvalid();
        registry.accredit(changed, _accreditor, signature);

        changed = _credential;
        changed.validUntil = uint40(bound(validUntil, _credential.validUntil + 1, type(uint40).max));
        _expectInvalid();
        registry.accredit(changed, _accreditor, signature);

        changed = _credential;
        changed.deadline = uint40(bound(deadline, _credential.deadline + 1, type(uint40).max));
        _expectInvalid();
        registry.accredit(changed, _accreditor, signature);

        changed = _credential;
        changed.subject = _join("other auditor", IParticipantRegistry.Role.Auditor, 0);
        _expectInvalid();
        registry.accredit(changed, _accreditor, signature);
    }

    function test_Accredit_RefusesTheMalleableTwin() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_key, _digest(registry));
        _expectInvalid();
        registry.accredit(
            _credential,
            _accreditor,
            abi.encodePacked(r, bytes32(CURVE_ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27))
        );
    }

    function test_Accredit_ByAContractWallet() public {
        address wallet = address(new Wallet1271(_accreditor));
        _grant(registry, wallet);
        bytes memory wrong = _sign(registry, 0xBAD);
        vm.expectRevert();
        registry.accredit(_credential, wallet, hex"00");
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.InvalidSignature.selector, wallet));
        registry.accredit(_credential, wallet, wrong);
        registry.accredit(_credential, wallet, _signature());
        assertEq(registry.organisationOf(_auditor), ORGANISATION);
    }

    /* INTERNAL */

    function _grant(ParticipantRegistry where, address account) private {
        bytes32 role = where.ACCREDITOR_ROLE();
        vm.prank(governance);
        where.grantRole(role, account);
    }

    function _expectInvalid() private {
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.InvalidSignature.selector, _accreditor));
    }

    function _signature() private view returns (bytes memory) {
        return _sign(registry, _key);
    }

    function _sign(ParticipantRegistry where, uint256 key) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, _digest(where));
        return abi.encodePacked(r, s, v);
    }

    /// @dev As a wallet computes it from EIP-712's text.
    function _digest(ParticipantRegistry where) private view returns (bytes32) {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "Credential(address subject,uint8 role,bytes32 organisation,uint40 validUntil,uint256 nonce,uint40 deadline)"
                ),
                _credential.subject,
                uint256(uint8(_credential.role)),
                _credential.organisation,
                uint256(_credential.validUntil),
                _credential.nonce,
                uint256(_credential.deadline)
            )
        );
        bytes32 domain = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("Assay ParticipantRegistry"),
                keccak256("1"),
                block.chainid,
                address(where)
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }
}
