// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {ChamberCounting} from "../../../contracts/policy/ChamberCounting.sol";
import {MarketGovernor} from "../../../contracts/policy/MarketGovernor.sol";
import {GovernanceFixture} from "./GovernanceFixture.sol";

/// @notice One whole chamber that acts as one: it proposes, votes, queues and executes whatever it likes, in any order
/// and at any time.
contract Cartel is Test {
    MarketGovernor private immutable _GOVERNOR;
    address[] private _members;
    address[] private _targets;
    bytes[] private _wishes;

    uint256[] private _ids;
    uint256[] private _wished;
    uint256 public queued; // what it got through, which is nothing

    constructor(
        MarketGovernor governor,
        address[] memory members,
        address[] memory targets,
        bytes[] memory wishes
    ) {
        (_GOVERNOR, _members, _targets, _wishes) = (governor, members, targets, wishes);
    }

    function propose(uint256 member, uint256 wish) external {
        wish %= _wishes.length;
        (address[] memory targets, uint256[] memory values, bytes[] memory data, string memory why) =
            _call(_ids.length, wish);
        vm.prank(_members[member % _members.length]);
        _ids.push(_GOVERNOR.propose(targets, values, data, why));
        _wished.push(wish);
    }

    /// @dev All members vote for it, and then once more.
    function vote(uint256 which) external {
        uint256 id = _ids[which % _ids.length];
        if (block.timestamp <= _GOVERNOR.proposalSnapshot(id)) vm.warp(_GOVERNOR.proposalSnapshot(id) + 1);
        for (uint256 i; i < 2 * _members.length; ++i) {
            vm.prank(_members[i % _members.length]);
            try _GOVERNOR.castVote(id, uint8(ChamberCounting.Support.For)) {} catch {}
        }
    }

    function wait(uint32 time) external {
        skip(time);
    }

    function queue(uint256 which) external {
        which %= _ids.length;
        uint256 end = _GOVERNOR.proposalDeadline(_ids[which]) + 1;
        if (block.timestamp < end) vm.warp(end);
        (address[] memory targets, uint256[] memory values, bytes[] memory data, string memory why) =
            _call(which, _wished[which]);
        _GOVERNOR.queue(targets, values, data, keccak256(bytes(why)));
        ++queued;
    }

    function execute(uint256 which) external {
        which %= _ids.length;
        (address[] memory targets, uint256[] memory values, bytes[] memory data, string memory why) =
            _call(which, _wished[which]);
        _GOVERNOR.execute(targets, values, data, keccak256(bytes(why)));
        ++queued;
    }

    function proposals() external view returns (uint256[] memory) {
        return _ids;
    }

    function _call(uint256 number, uint256 wish)
        private
        view
        returns (address[] memory targets, uint256[] memory values, bytes[] memory data, string memory why)
    {
        targets = new address[](1);
        values = new uint256[](1);
        data = new bytes[](1);
        (targets[0], data[0], why) = (_targets[wish], _wishes[wish], vm.toString(number));
    }
}

/// @notice A chamber that all goes one way, an accreditor that is captured, and single regulators: whatever they call,
/// they change no rule and no power.
contract GovernanceInvariants is GovernanceFixture {
    uint256 private constant MEMBERS = 12;

    Cartel private _cartel;
    bytes private _before;

    function setUp() public override {
        super.setUp();
        _deployGovernance();
        _nameSeater();
        address[] memory all = new address[](MEMBERS + 2);
        address[] memory members = new address[](MEMBERS);
        for (uint256 i; i < MEMBERS; ++i) {
            members[i] = all[i] = _seated(string.concat("customer ", vm.toString(i)), CUSTOMER);
        }
        all[MEMBERS] = _seated("developer", DEVELOPER);
        all[MEMBERS + 1] = _seated("data owner", DATA_OWNER);
        _activate(all);
        policy.grantRole(0, address(timelock));
        policy.renounceRole(0, address(this));
        escrow.grantRole(0, address(timelock));
        escrow.renounceRole(0, address(this));

        address[] memory targets = new address[](4);
        bytes[] memory wishes = new bytes[](4);
        (targets[0], wishes[0]) = (address(policy), abi.encodeCall(policy.setFee, (50_000, members[0])));
        (targets[1], wishes[1]) = (address(policy), abi.encodeCall(policy.grantRole, (0, members[0])));
        (targets[2], wishes[2]) = (address(escrow), abi.encodeCall(escrow.authorise, (members[0])));
        (targets[3], wishes[3]) = (address(timelock), abi.encodeCall(timelock.updateDelay, (0)));
        _cartel = new Cartel(governor, members, targets, wishes);
        _before = _rules();

        targetContract(address(_cartel));
        targetContract(address(governor));
        targetContract(address(timelock));
        targetContract(address(policy));
        targetContract(address(escrow));
        targetSender(seater);
        targetSender(members[0]);
        targetSender(members[1]);
        targetSender(makeAddr("stranger"));
    }

    /// forge-config: default.invariant.runs = 32
    /// forge-config: default.invariant.depth = 48
    function invariant_OneChamberChangesNothing() public view {
        assertEq(_rules(), _before);
        assertEq(_cartel.queued(), 0);
        assertFalse(policy.hasRole(0, seater));
    }

    /// @dev However often they tried, no chamber has more votes cast than it had seats.
    function invariant_NobodyVotesTwice() public view {
        uint256[] memory ids = _cartel.proposals();
        for (uint256 i; i < ids.length; ++i) {
            for (uint256 chamber; chamber < 6; ++chamber) {
                uint256 cast = governor.chamberVotes(ids[i])[chamber].inFavour
                    + governor.chamberVotes(ids[i])[chamber].against
                    + governor.chamberVotes(ids[i])[chamber].abstain;
                assertLe(cast, chamber == 0 ? MEMBERS : 0);
            }
        }
    }

    function _rules() private view returns (bytes memory) {
        return abi.encode(
            policy.edition(),
            policy.feePpm(),
            policy.treasury(),
            timelock.getMinDelay(),
            policy.hasRole(0, address(timelock)),
            escrow.hasRole(0, address(timelock)),
            escrow.isAuthorised(address(_cartel))
        );
    }
}
