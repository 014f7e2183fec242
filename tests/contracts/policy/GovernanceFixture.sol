// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IChambers} from "../../../contracts/interfaces/IChambers.sol";
import {IMarketGovernor} from "../../../contracts/interfaces/IMarketGovernor.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {Chambers} from "../../../contracts/policy/Chambers.sol";
import {ChamberCounting} from "../../../contracts/policy/ChamberCounting.sol";
import {MarketGovernor} from "../../../contracts/policy/MarketGovernor.sol";
import {MarketTimelock} from "../../../contracts/policy/MarketTimelock.sol";
import {MarketFixture} from "../MarketFixture.sol";

/// @notice Chambers, timelock and governor as `scripts/deploy.py` wires them, and the steps of a proposal.
abstract contract GovernanceFixture is MarketFixture {
    uint48 internal constant VOTING_DELAY = 2 days;
    uint32 internal constant VOTING_PERIOD = 5 days;
    uint32 internal constant REGULATOR_DELAY = 14 days;
    uint32 internal constant QUORUM_PPM = 250_000;
    uint8 internal constant MIN_CHAMBERS = 3;
    uint256 internal constant TIMELOCK_DELAY = 7 days;
    uint40 internal constant SEAT_DELAY = 30 days;

    IParticipantRegistry.Role internal constant CUSTOMER = IParticipantRegistry.Role.Customer;
    IParticipantRegistry.Role internal constant DEVELOPER = IParticipantRegistry.Role.Developer;
    IParticipantRegistry.Role internal constant DATA_OWNER = IParticipantRegistry.Role.DataOwner;
    IParticipantRegistry.Role internal constant VALIDATOR = IParticipantRegistry.Role.Validator;
    IParticipantRegistry.Role internal constant REGULATOR = IParticipantRegistry.Role.Regulator;

    uint8 internal constant AGAINST = uint8(ChamberCounting.Support.Against);
    uint8 internal constant FOR = uint8(ChamberCounting.Support.For);
    uint8 internal constant ABSTAIN = uint8(ChamberCounting.Support.Abstain);

    Chambers internal chambers;
    MarketTimelock internal timelock;
    MarketGovernor internal governor;

    address internal seater; // an accreditor
    uint256 internal seaterKey;

    struct Calls {
        address[] targets;
        uint256[] values;
        bytes[] data;
        string description;
    }

    function _deployGovernance() internal {
        chambers = new Chambers(registry, SEAT_DELAY);
        timelock = new MarketTimelock(TIMELOCK_DELAY, address(this));
        governor = new MarketGovernor(chambers, timelock, policy, _settings());
        timelock.grantRole(timelock.PROPOSER_ROLE(), address(governor));
        timelock.grantRole(timelock.EXECUTOR_ROLE(), address(governor));
        timelock.grantRole(timelock.CANCELLER_ROLE(), address(governor));
        timelock.renounceRole(timelock.DEFAULT_ADMIN_ROLE(), address(this));
        policy.grantRole(policy.BRAKE_ROLE(), address(governor));
    }

    function _settings() internal pure returns (IMarketGovernor.Settings memory) {
        return IMarketGovernor.Settings({
            votingDelay: VOTING_DELAY,
            votingPeriod: VOTING_PERIOD,
            regulatorDelay: REGULATOR_DELAY,
            quorumPpm: QUORUM_PPM,
            minChambers: MIN_CHAMBERS
        });
    }

    function _nameSeater() internal {
        (seater, seaterKey) = makeAddrAndKey("seater");
        registry.grantRole(registry.ACCREDITOR_ROLE(), seater);
    }

    /* SEATS */

    function _seatCredential(address account, IParticipantRegistry.Role role, bytes32 entity)
        internal
        view
        returns (IChambers.ChamberSeat memory)
    {
        return IChambers.ChamberSeat({
            subject: account,
            role: role,
            entity: entity,
            validUntil: uint40(block.timestamp + 3650 days),
            nonce: chambers.nonces(account),
            deadline: uint40(block.timestamp + 1 days)
        });
    }

    function _signSeat(IChambers.ChamberSeat memory seat, uint256 key) internal view returns (bytes memory) {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "ChamberSeat(address subject,uint8 role,bytes32 entity,uint40 validUntil,uint256 nonce,uint40 deadline)"
                ),
                seat
            )
        );
        bytes32 domain = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("Assay Chambers"),
                keccak256("1"),
                block.chainid,
                address(chambers)
            )
        );
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(key, keccak256(abi.encodePacked("\x19\x01", domain, structHash)));
        return abi.encodePacked(r, s, v);
    }

    function _takeSeat(address account, IParticipantRegistry.Role role, bytes32 entity) internal {
        IChambers.ChamberSeat memory seat = _seatCredential(account, role, entity);
        bytes memory signature = _signSeat(seat, seaterKey);
        vm.prank(account);
        chambers.join(seat, seater, signature);
    }

    /// @dev A new participant with a seat that does not count yet; the entity is its name.
    function _seated(string memory name, IParticipantRegistry.Role role) internal returns (address account) {
        account = _register(name, role);
        _takeSeat(account, role, keccak256(bytes(name)));
    }

    /// @dev Lets the delay pass and gives all of them their votes.
    function _activate(address[] memory accounts) internal {
        skip(SEAT_DELAY);
        for (uint256 i; i < accounts.length; ++i) {
            chambers.activate(accounts[i]);
        }
        skip(1); // a proposer has to have had its vote a second ago
    }

    /* PROPOSALS */

    function _call(address target, bytes memory data) internal pure returns (Calls memory calls) {
        calls.targets = new address[](1);
        calls.values = new uint256[](1);
        calls.data = new bytes[](1);
        (calls.targets[0], calls.data[0], calls.description) = (target, data, "because");
    }

    function _both(Calls memory a, Calls memory b) internal pure returns (Calls memory calls) {
        calls.targets = new address[](2);
        calls.values = new uint256[](2);
        calls.data = new bytes[](2);
        (calls.targets[0], calls.data[0]) = (a.targets[0], a.data[0]);
        (calls.targets[1], calls.data[1]) = (b.targets[0], b.data[0]);
        calls.description = "both";
    }

    function _feeOf(uint32 ppm) internal view returns (Calls memory) {
        return _call(address(policy), abi.encodeCall(policy.setFee, (ppm, address(this))));
    }

    function _propose(address by, Calls memory c) internal returns (uint256 id) {
        vm.prank(by);
        id = governor.propose(c.targets, c.values, c.data, c.description);
    }

    /// @dev To the first second of voting.
    function _toVoting(uint256 id) internal {
        vm.warp(governor.proposalSnapshot(id) + 1);
    }

    function _vote(uint256 id, address voter, uint8 support) internal {
        vm.prank(voter);
        governor.castVote(id, support);
    }

    function _toVoteEnd(uint256 id) internal {
        vm.warp(governor.proposalDeadline(id) + 1);
    }

    function _queue(Calls memory c) internal {
        governor.queue(c.targets, c.values, c.data, keccak256(bytes(c.description)));
    }

    function _execute(Calls memory c) internal {
        governor.execute(c.targets, c.values, c.data, keccak256(bytes(c.description)));
    }

    /// @dev From a proposal that is made to one that all of `voters` are for, queued.
    function _passAndQueue(uint256 id, Calls memory c, address[] memory voters) internal {
        _toVoting(id);
        for (uint256 i; i < voters.length; ++i) {
            _vote(id, voters[i], FOR);
        }
        _toVoteEnd(id);
        _queue(c);
    }
}
