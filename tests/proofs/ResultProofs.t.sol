// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IModelRegistry} from "../../contracts/interfaces/IModelRegistry.sol";
import {IValidationOracle} from "../../contracts/interfaces/IValidationOracle.sol";
import {ModelRegistry} from "../../contracts/market/ModelRegistry.sol";
import {OracleFixture} from "../contracts/oracle/OracleFixture.sol";

/// @notice What is written once: the result of a request, and a version of a model. Whoever calls whatever, and whenever.
contract ResultProofs is OracleFixture {
    ModelRegistry private _models;
    uint256 private _requestId;

    /// @dev A panel of five has agreed on a score, the time for appeals is over and the result is final.
    function setUp() public override {
        super.setUp();
        _fund(customer, paymentToken, 1_000_000e18, address(oracle)); // so that it could appeal
        _requestId = _request(EVALUATION);
        _answer(_requestId, _scores(5, 900_000));
        oracle.tally(_requestId);
        _pastAppeal(_requestId);
        oracle.finalise(_requestId);

        _models = new ModelRegistry(address(this));
        _models.grantRole(_models.MODULE_ROLE(), address(this));
        _models.registerModel(
            customer,
            IModelRegistry.Registration("model", "submission", developer, 1, 900_000),
            new IModelRegistry.Lineage[](0)
        );
    }

    /// @dev Meant to find: `appeal` without its deadline.
    function check_OracleResult_IsWrittenOnce(
        uint8 kind,
        address caller,
        uint32 later,
        uint256 requestId,
        uint256 seat,
        IValidationOracle.Report memory report,
        bytes32 salt
    ) public {
        bytes32 written = _record();
        vm.warp(block.timestamp + later);
        vm.startPrank(caller);
        if (kind == 0) oracle.commit(requestId, seat, salt);
        else if (kind == 1) oracle.reveal(requestId, seat, report, salt);
        else if (kind == 2) oracle.tally(requestId);
        else if (kind == 3) oracle.appeal(requestId);
        else if (kind == 4) oracle.finalise(requestId);
        else oracle.replaceSilent(requestId);
        vm.stopPrank();
        assert(_record() == written);
    }

    /// @dev Meant to find: `_addVersion` without its check that the manifest is new.
    function check_ModelVersion_IsWrittenOnce(
        address caller,
        address to,
        IModelRegistry.Registration memory version,
        bool asVersion
    ) public {
        _models.grantRole(_models.MODULE_ROLE(), caller);
        bytes32 written = keccak256(abi.encode(_models.versionOf("model")));
        vm.startPrank(caller);
        if (asVersion) _models.registerVersion(1, version, new IModelRegistry.Lineage[](0));
        else _models.registerModel(to, version, new IModelRegistry.Lineage[](0));
        vm.stopPrank();
        assert(keccak256(abi.encode(_models.versionOf("model"))) == written);
    }

    function _record() private view returns (bytes32) {
        return keccak256(abi.encode(oracle.requestOf(_requestId)));
    }
}
