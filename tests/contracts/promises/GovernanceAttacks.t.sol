// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IValidatorStaking} from "../../../contracts/interfaces/IValidatorStaking.sol";
import {PromisesFixture} from "./PromisesFixture.sol";

/// @notice Governance authorises a module of its own, which then reaches for other people's money.
contract GovernanceAttacksTest is PromisesFixture {
    address private _evil = makeAddr("evil module");
    uint256 private _id;

    function setUp() public override {
        super.setUp();
        _id = _toEvaluating();
        _handOver();
        vm.startPrank(governance);
        escrow.authorise(_evil);
        bytes32 module = staking.MODULE_ROLE();
        staking.grantRole(module, _evil);
        registry.grantRole(module, _evil);
        models.grantRole(module, _evil);
        vm.stopPrank();
    }

    /// @dev Holds are kept under the module that opened them: naming one's own hold like a deal's opens another.
    function test_aNewModule_hasNoDealsHold() public {
        bytes32 id = bytes32(_id);
        address token = address(paymentToken);
        vm.startPrank(_evil);
        for (uint256 open; open < 2; ++open) {
            bytes memory refusal = open == 0
                ? abi.encodeWithSelector(IEscrow.HoldNotOpen.selector, _evil, token, id)
                : abi.encodeWithSelector(IEscrow.InsufficientHold.selector, _evil, token, id, 0, 1);
            vm.expectRevert(refusal);
            escrow.release(id, token, _evil, 1);
            vm.expectRevert(refusal);
            escrow.burn(id, token, 1);
            vm.expectRevert(refusal);
            escrow.moveHold(id, token, _evil, id, 1);
            if (open == 0) escrow.openHold(id, token, _evil, 0);
        }
    }

    function test_aNewModule_debitsNobodyWhoDidNotApproveIt() public {
        _fund(customer, paymentToken, 1, address(market));
        vm.expectRevert(
            abi.encodeWithSelector(
                IEscrow.OperatorNotApproved.selector, customer, _evil, address(paymentToken)
            )
        );
        vm.prank(_evil);
        escrow.openHold("hold", address(paymentToken), customer, 1);
    }

    /// @dev A seat's stake belongs to the module that locked it, until that module lets it go.
    function test_aNewModule_slashesNoStakeThatIsLockedForADeal() public {
        address member = _membersOf(_id)[0];
        vm.expectRevert(abi.encodeWithSelector(IValidatorStaking.NotLocked.selector, _evil, member, 0, SEAT));
        vm.prank(_evil);
        staking.slash(member, SEAT, "grudge");
    }

    /// @dev What is left to it is free stake. A validator that hears of the new module takes that out of the draw at
    /// once, and no module reaches it from then on.
    function test_aNewModule_doesNotReachStakeThatIsLeaving() public {
        _nextEpoch();
        for (uint256 i; i < VALIDATORS; ++i) {
            IValidatorStaking.Stake memory own = staking.stakeOf(validators[i]);
            vm.prank(validators[i]);
            staking.requestExit(own.amount - own.locked);
        }
        uint256 before = _burnt(stakingToken);
        vm.expectPartialRevert(IValidatorStaking.PanelUnfilled.selector);
        vm.prank(_evil);
        staking.seat(
            IValidatorStaking.SeatTerms({
                seed: "seed",
                count: 1,
                seatStake: 1,
                taken: new address[](0),
                parties: new address[](0),
                coolingOff: 0
            })
        );
        assertEq(_burnt(stakingToken), before);
    }

    /// @dev A model that was paid for cannot be minted to somebody else first: its deal is paid, the token is lost, and
    /// the chain shows who took the manifest.
    function test_aNewModule_cannotChangeAModelThatIsRegistered() public {
        _evaluate(_id, THRESHOLD);
        _deliver(_id);
        _settle(_id, "model");
        uint256 modelId = lens.commission(_id).modelId;
        vm.startPrank(_evil);
        vm.expectRevert();
        models.registerModel(_evil, _registration("model", 1), _submission("model").lineage);
        models.registerVersion(modelId, _registration("forged", 1), _submission("model").lineage);
        vm.stopPrank();
        assertEq(models.versionOf("model").module, address(market));
        assertEq(models.versionOf("model").dealId, _id);
        assertEq(models.versionOf("forged").module, _evil);
        assertEq(models.ownerOf(modelId), customer);
    }

    /// @dev Nobody but governance does any of it.
    function test_onlyGovernance_changesRoles() public {
        bytes32 module = staking.MODULE_ROLE();
        address[3] memory strangers = [customer, address(market), _evil];
        for (uint256 i; i < strangers.length; ++i) {
            for (uint256 j; j < _governed().length; ++j) {
                bytes32 admin = _governed()[j].DEFAULT_ADMIN_ROLE();
                vm.expectRevert(
                    abi.encodeWithSelector(
                        IAccessControl.AccessControlUnauthorizedAccount.selector, strangers[i], admin
                    )
                );
                vm.prank(strangers[i]);
                _governed()[j].grantRole(module, strangers[i]);
            }
        }
    }
}
