// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {MarketFixture} from "../MarketFixture.sol";

/// @notice A contract wallet that answers whatever it was told to, or nothing in one of several ways.
contract OddWallet {
    enum Mood {
        Answers,
        Reverts,
        BurnsGas,
        RevertsAtLength,
        AnswersAtLength
    }

    Mood private _mood;
    bytes private _answer;

    function become(Mood mood, bytes calldata answer) external {
        (_mood, _answer) = (mood, answer);
    }

    fallback() external {
        Mood mood = _mood;
        bytes memory answer = _answer;
        assembly ("memory-safe") {
            switch mood
            case 0 { return(add(answer, 32), mload(answer)) }
            case 1 { revert(0, 0) }
            case 2 { invalid() }
            case 3 { revert(0, 0x100000) } // a mebibyte
            default { return(0, 0x100000) }
        }
    }
}

/// @notice Signers that are contracts (ERC-1271) and misbehave: only the magic value counts, and what they waste is the
/// gas of whoever presents their signature.
contract HostileWalletsTest is MarketFixture {
    bytes32 private constant MAGIC = bytes32(IERC1271.isValidSignature.selector);

    OddWallet private _wallet;
    IParticipantRegistry.Credential private _credential;

    function setUp() public override {
        super.setUp();
        _wallet = new OddWallet();
        registry.grantRole(registry.ACCREDITOR_ROLE(), address(_wallet));
        _credential = IParticipantRegistry.Credential({
            subject: _register("auditor", IParticipantRegistry.Role.Auditor),
            role: IParticipantRegistry.Role.Auditor,
            organisation: 0,
            validUntil: uint40(block.timestamp + 365 days),
            nonce: 0,
            deadline: uint40(block.timestamp + 1 days)
        });
    }

    /// @dev Any answer of any length, but one that begins with the magic value in its word.
    function testFuzz_garbageIsNoSignature(bytes calldata answer) public {
        vm.assume(answer.length < 32 || bytes32(answer[:32]) != MAGIC);
        _wallet.become(OddWallet.Mood.Answers, answer);
        _expectRefusals();
    }

    /// @dev The four bytes alone, or with dirt behind them in the same word, are no answer.
    function testFuzz_theMagicValueNeedsItsWord(uint224 dirt) public {
        vm.assume(dirt != 0);
        _wallet.become(OddWallet.Mood.Answers, abi.encodePacked(MAGIC | bytes32(uint256(dirt))));
        _expectRefusals();
        _wallet.become(OddWallet.Mood.Answers, abi.encodePacked(bytes4(MAGIC)));
        _expectRefusals();
    }

    function test_revertsAndBurntGasAreNoSignature() public {
        for (uint8 mood = 1; mood < 5; ++mood) {
            _wallet.become(OddWallet.Mood(mood), "");
            _expectRefusals();
        }
    }

    /// @dev A wallet that says yes to everything binds itself, and nobody else.
    function testFuzz_aWalletThatAlwaysAgrees_bindsItselfOnly(bytes calldata signature, address other)
        public
    {
        vm.assume(other != address(_wallet) && other.code.length == 0);
        _wallet.become(OddWallet.Mood.Answers, abi.encodePacked(MAGIC));
        _approve(address(_wallet), signature);
        assertTrue(escrow.isOperator(address(_wallet), address(auctions), address(paymentToken)));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.InvalidSignature.selector, other));
        _approve(other, signature);
        registry.accredit(_credential, address(_wallet), signature);
        assertEq(registry.participantOf(_credential.subject).accreditedUntil, _credential.validUntil);
    }

    /// @dev Its nonce moves as anybody's, so that one agreement is one act.
    function test_aWalletThatAlwaysAgrees_usesItsNonce() public {
        _wallet.become(OddWallet.Mood.Answers, abi.encodePacked(MAGIC));
        _approve(address(_wallet), "");
        _approve(address(_wallet), "");
        assertEq(escrow.nonces(address(_wallet)), 2);
        registry.accredit(_credential, address(_wallet), "");
        vm.expectRevert(); // OpenZeppelin's InvalidAccountNonce
        registry.accredit(_credential, address(_wallet), "");
    }

    /// @dev A wallet that has been emptied of its code no longer signs anything.
    function test_aWalletWithoutCode() public {
        vm.etch(address(_wallet), "");
        _expectRefusals();
    }

    /// @dev Within the gas of one transaction (EIP-7825).
    function _expectRefusals() private {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.InvalidSignature.selector, address(_wallet)));
        escrow.setOperatorBySig{gas: 2 ** 24}(
            address(_wallet), address(auctions), address(paymentToken), true, type(uint256).max, "signature"
        );
        vm.expectRevert(
            abi.encodeWithSelector(IParticipantRegistry.InvalidSignature.selector, address(_wallet))
        );
        registry.accredit{gas: 2 ** 24}(_credential, address(_wallet), "signature");
        assertEq(escrow.nonces(address(_wallet)), 0);
    }

    function _approve(address owner, bytes memory signature) private {
        escrow.setOperatorBySig(
            owner, address(auctions), address(paymentToken), true, type(uint256).max, signature
        );
    }
}
