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

/// @notice The oracle with a judged request and its panel in any state, put there without playing a deal up to it.
contract OracleInAnyState is ValidationOracle {
    constructor(ParticipantRegistry registry, ValidatorStaking staking)
        ValidationOracle(registry, staking, new BlockhashRandomness())
    {}

    /// @dev In room 1, with one seat taken by `member`; its time is over.
    function put(uint40 number, Kind kind, uint32 votes, bytes32 vote, address opener, address member)
        external
    {
        Room storage room = _rooms[1];
        (room.opener, room.generation, room.occupied, room.seated) = (opener, 1, 1, true);
        (room.number, room.seats, room.kind, room.commitEnds) = (number, 1, kind, uint40(block.timestamp));
        (room.committed, room.revealed, room.terms.size) = (votes, votes, 3);
        (room.seatOf[0], room.votes[0]) = (Seat({member: member, stake: 1}), vote);
    }

    function recordOf() external view returns (bytes32) {
        Room storage room = _rooms[1];
        return keccak256(
            abi.encode(
                room.votes[0], room.words[0], room.committed, room.revealed, room.seatOf[0].stake, room.open
            )
        );
    }
}

/// @notice What is recorded of results and versions is written once.
contract RecordProofs is Test {
    uint256 private constant PANEL = 1 << 32 | 1;
    uint256 private constant REQUEST = 7 << 32 | 1;

    enum Act {
        Commit,
        Reveal,
        Judge,
        Vacate
    }

    OracleInAnyState private _oracle;
    ModelRegistry private _models;

    function setUp() public {
        Policy policy = new Policy(address(this));
        ParticipantRegistry registry = new ParticipantRegistry(address(this), policy);
        Escrow escrow = new Escrow(address(this));
        ValidatorStaking staking = new ValidatorStaking(address(this), escrow, registry, address(1), 1, 1);
        _oracle = new OracleInAnyState(registry, staking);
        _models = new ModelRegistry(address(this));
        _models.grantRole(_models.MODULE_ROLE(), address(this));
    }

    /// @dev Whoever does whatever with a judged request, be it the panel's opener or a member: what was revealed, and
    /// what the seat's stake is, stay until the panel is asked again.
    /// Planted: a `judge` that does not check `AlreadyJudged`, a `commit` that does not check its time.
    function check_Result_IsWrittenOnce(
        IValidationOracle.Kind kind,
        uint32 votes,
        bytes32 vote,
        address opener,
        address sender,
        Act act,
        uint256 seat,
        bytes32 word
    ) public {
        vm.assume(opener != address(0) && sender != address(0));
        _oracle.put(7, kind, votes, vote, opener, sender);
        bytes32 before = _oracle.recordOf();
        vm.prank(sender);
        _do(act, seat, word);
        assert(_oracle.recordOf() == before);
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
        else if (act == Act.Judge) _oracle.judge(REQUEST, REQUEST);
        else _oracle.vacate(PANEL, uint32(uint256(word)));
    }
}
