// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {ParticipantRegistry} from "../../contracts/access/ParticipantRegistry.sol";
import {Escrow} from "../../contracts/escrow/Escrow.sol";
import {IModelRegistry} from "../../contracts/interfaces/IModelRegistry.sol";
import {IValidationOracle} from "../../contracts/interfaces/IValidationOracle.sol";
import {ModelRegistry} from "../../contracts/market/ModelRegistry.sol";
import {ValidationOracle} from "../../contracts/oracle/ValidationOracle.sol";
import {ValidatorStaking} from "../../contracts/oracle/ValidatorStaking.sol";
import {Policy} from "../../contracts/policy/Policy.sol";
import {BlockhashRandomness} from "../../contracts/randomness/BlockhashRandomness.sol";

/// @notice The oracle with a request and a panel in any state, put there without playing a deal up to it.
contract OracleInAnyState is ValidationOracle {
    constructor(Escrow escrow, ParticipantRegistry registry, ValidatorStaking staking)
        ValidationOracle(escrow, registry, staking, new BlockhashRandomness())
    {}

    /// @dev In room 1, with one seat taken by `member`.
    function put(uint256 requestId, Request memory r, address opener, address member) external {
        _requests[requestId] = r;
        // forge-lint: disable-next-line(unsafe-typecast)
        _panels[r.panelId] = Panel({opener: opener, room: 1, lastRequest: uint40(requestId)});
        (_rooms[1].seated, _rooms[1].occupied, _rooms[1].terms.size) = (true, 1, 1);
        _rooms[1].seats[0] = Seat({member: member, stake: 1});
    }

    function recordOf(uint256 requestId) external view returns (bytes32) {
        Request storage r = _requests[requestId];
        return keccak256(abi.encode(r.outcome, r.score, r.criteria, r.manifest, r.appealed, r.finalised));
    }
}

/// @notice What is recorded of results and versions is written once.
contract RecordProofs is Test {
    uint256 private constant REQUEST = 7;

    enum Act {
        Commit,
        Reveal,
        Tally,
        Appeal,
        Finalise,
        ReplaceSilent
    }

    OracleInAnyState private _oracle;
    ModelRegistry private _models;

    function setUp() public {
        Policy policy = new Policy(address(this));
        ParticipantRegistry registry = new ParticipantRegistry(address(this), policy);
        Escrow escrow = new Escrow(address(this));
        ValidatorStaking staking = new ValidatorStaking(address(this), escrow, registry, address(1), 1, 1);
        _oracle = new OracleInAnyState(escrow, registry, staking);
        _models = new ModelRegistry(address(this));
        _models.grantRole(_models.MODULE_ROLE(), address(this));
    }

    /// @dev Whoever does whatever with a finalised request, be it the panel's opener or a member. A request is finalised
    /// when the time for appeals is over, or by its appeal: in no other way.
    /// Planted: a `_finalise` that checks neither `AlreadyFinalised` nor whether there is a result.
    function check_Result_IsWrittenOnce(
        IValidationOracle.Kind kind,
        IValidationOracle.Outcome outcome,
        int64 score,
        uint32 seats,
        uint32 votes,
        bool contested,
        address opener,
        address sender,
        Act act,
        uint256 seat,
        bytes32 word
    ) public {
        vm.assume(outcome != IValidationOracle.Outcome.Pending && sender != address(0));
        OracleInAnyState.Request memory r;
        (r.room, r.panelId, r.kind, r.seats) = (1, 1, kind, seats);
        (r.committed, r.revealed) = (votes, votes);
        (r.outcome, r.score, r.contested, r.finalised) = (outcome, score, contested, true);
        _oracle.put(REQUEST, r, opener, sender);
        bytes32 before = _oracle.recordOf(REQUEST);
        vm.prank(sender);
        _do(act, seat, word);
        assert(_oracle.recordOf(REQUEST) == before);
    }

    /// @dev Any registration after the first, of any model and any manifest, by any module or somebody else.
    /// Planted: `ManifestAlreadyRegistered` not checked.
    function check_Version_IsWrittenOnce(
        IModelRegistry.Registration memory first,
        IModelRegistry.Registration memory second,
        address sender,
        bool hasRole,
        bool newModel,
        uint256 modelId
    ) public {
        IModelRegistry.Lineage[] memory none = new IModelRegistry.Lineage[](0);
        _models.registerModel(address(0xA11CE), first, none);
        IModelRegistry.Version memory version = _models.versionOf(first.manifest);
        if (hasRole) _models.grantRole(_models.MODULE_ROLE(), sender);
        vm.prank(sender);
        if (newModel) _models.registerModel(address(0xB0B), second, none);
        else _models.registerVersion(modelId, second, none);
        IModelRegistry.Version memory later = _models.versionOf(first.manifest);
        assert(later.module == version.module && later.dealId == version.dealId);
        assert(later.modelId == version.modelId && first.manifest != second.manifest);
    }

    function _do(Act act, uint256 seat, bytes32 word) private {
        IValidationOracle.Report memory report;
        report.manifest = word;
        if (act == Act.Commit) _oracle.commit(REQUEST, seat, word);
        else if (act == Act.Reveal) _oracle.reveal(REQUEST, seat, report, word);
        else if (act == Act.Tally) _oracle.tally(REQUEST);
        else if (act == Act.Appeal) _oracle.appeal(REQUEST);
        else if (act == Act.Finalise) _oracle.finalise(REQUEST);
        else _oracle.replaceSilent(REQUEST);
    }
}
