// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Agreements} from "../../contracts/access/Agreements.sol";
import {ParticipantRegistry} from "../../contracts/access/ParticipantRegistry.sol";
import {VickreyAuction} from "../../contracts/auction/VickreyAuction.sol";
import {Escrow} from "../../contracts/escrow/Escrow.sol";
import {IParticipantRegistry} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {Rounds} from "../../contracts/oracle/Rounds.sol";
import {ValidationOracle} from "../../contracts/oracle/ValidationOracle.sol";
import {ValidatorStaking} from "../../contracts/oracle/ValidatorStaking.sol";
import {Policy} from "../../contracts/policy/Policy.sol";
import {Rulebook} from "../../contracts/policy/Rulebook.sol";
import {BlockhashRandomness} from "../../contracts/randomness/BlockhashRandomness.sol";
import {TestToken} from "../../contracts/test/TestToken.sol";

/// @notice The market up to its validators, wired as `scripts/deploy.py` does. The test contract governs it and is
/// itself an authorised module, so that it can open auctions and panels.
abstract contract MarketFixture is Test {
    uint40 internal constant EPOCH = 1 hours;
    uint40 internal constant EXIT_COOLDOWN = 14 days;
    uint40 internal constant TRUSTED_WAIT = 1 hours;
    uint40 internal constant COOLING_OFF = 365 days;

    TestToken internal paymentToken;
    TestToken internal stakingToken;
    Policy internal policy;
    Rulebook internal rulebook;
    ParticipantRegistry internal registry;
    Escrow internal escrow;
    Agreements internal agreements;
    VickreyAuction internal auctions;
    ValidatorStaking internal staking;
    BlockhashRandomness internal randomness;
    ValidationOracle internal oracle;
    Rounds internal rounds;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        vm.roll(10_000);
        paymentToken = _newPaymentToken();
        stakingToken = new TestToken("Assay test staking", "tASY", 18);
        _deploy();
        policy.setWaits(TRUSTED_WAIT, 90 days);
        policy.addDomain("healthcare");
        policy.addJurisdiction("US");
        escrow.authorise(address(auctions));
        escrow.authorise(address(staking));
        escrow.authorise(address(rounds));
        escrow.authorise(address(this));
        staking.grantRole(staking.MODULE_ROLE(), address(oracle));
        staking.grantRole(staking.MODULE_ROLE(), address(rounds));
        staking.grantRole(staking.MODULE_ROLE(), address(this));
        rounds.grantRole(rounds.MODULE_ROLE(), address(this));
        registry.grantRole(registry.MODULE_ROLE(), address(this));
    }

    /// @dev The contracts; who may do what follows.
    function _deploy() internal virtual {
        policy = new Policy(address(this));
        rulebook = new Rulebook(policy);
        registry = new ParticipantRegistry(address(this), policy);
        escrow = new Escrow(address(this));
        agreements = new Agreements();
        auctions = new VickreyAuction(escrow, registry, agreements);
        staking = new ValidatorStaking(
            address(this), escrow, registry, address(stakingToken), EPOCH, EXIT_COOLDOWN
        );
        randomness = new BlockhashRandomness();
        oracle = new ValidationOracle(registry, staking, randomness);
        rounds = new Rounds(address(this), escrow, oracle);
    }

    /// @dev For tests that pay in something else.
    function _newPaymentToken() internal virtual returns (TestToken) {
        return new TestToken("Assay test payment", "tUSD", 18);
    }

    /// @dev A participant of domain 1 and jurisdiction 1. Trusted roles count after `TRUSTED_WAIT`.
    function _register(string memory name, IParticipantRegistry.Role role)
        internal
        returns (address account)
    {
        account = makeAddr(name);
        vm.prank(account);
        registry.register(
            IParticipantRegistry.Registration({
                primaryRole: role,
                secondaryRoles: 0,
                jurisdiction: 1,
                domains: 1,
                organisation: 0,
                encryptionKey: keccak256(bytes(name))
            })
        );
    }

    /// @dev Gives an account an escrow balance that `module` may debit.
    function _fund(address account, TestToken token, uint256 amount, address module) internal {
        token.mint(account, amount);
        vm.startPrank(account);
        token.approve(address(escrow), amount);
        escrow.deposit(address(token), amount, account);
        escrow.setOperator(module, address(token), true);
        vm.stopPrank();
    }

    /// @dev Validators with equal stakes, in force from now on.
    function _validators(uint256 count, uint96 amount) internal returns (address[] memory accounts) {
        accounts = new address[](count);
        for (uint256 i; i < count; ++i) {
            accounts[i] =
                _register(string.concat("validator ", vm.toString(i)), IParticipantRegistry.Role.Validator);
        }
        skip(TRUSTED_WAIT);
        for (uint256 i; i < count; ++i) {
            _stake(accounts[i], amount);
        }
        _nextEpoch();
    }

    function _stake(address validator, uint96 amount) internal {
        _fund(validator, stakingToken, amount, address(staking));
        vm.prank(validator);
        staking.stake(amount);
    }

    /// @dev To the beginning of the next epoch of stakes.
    function _nextEpoch() internal {
        vm.warp((block.timestamp / EPOCH + 1) * EPOCH);
    }

    /// @dev Arms a panel and seats it.
    function _seat(uint256 panelId) internal {
        oracle.arm(panelId);
        vm.roll(oracle.panel(panelId).armedBlock + 1);
        oracle.seat(panelId);
    }

    function _balance(address account, TestToken token) internal view returns (uint256) {
        return escrow.balanceOf(account, address(token));
    }

    function _burnt(TestToken token) internal view returns (uint256) {
        return escrow.balanceOf(escrow.BURN_ADDRESS(), address(token));
    }
}
