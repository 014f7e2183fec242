// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IAgenticCommerce} from "../../../contracts/interfaces/IAgenticCommerce.sol";

/// @notice The life of a job as ERC-8183's text has it; what differs between implementations is in those below.
abstract contract JobEscrow {
    IERC20 internal immutable TOKEN;
    uint256 public count;
    uint256 public evaluatorFee; // in hundredths of the budget, to the evaluator
    mapping(uint256 id => IAgenticCommerce.Job) internal _jobs;
    mapping(uint256 id => bytes32) public reasonOf;

    constructor(IERC20 token) {
        TOKEN = token;
    }

    function createJob(
        address provider,
        address evaluator,
        uint256 expiredAt,
        string calldata text,
        address hook
    ) external returns (uint256 id) {
        require(evaluator != address(0) && expiredAt > block.timestamp, "job");
        id = ++count;
        IAgenticCommerce.Job storage job = _jobs[id];
        (job.id, job.client, job.provider, job.evaluator) = (id, msg.sender, provider, evaluator);
        (job.description, job.expiredAt, job.hook) = (text, expiredAt, hook);
    }

    function setEvaluatorFee(uint256 percent) external {
        evaluatorFee = percent;
    }

    function setProvider(uint256 id, address provider) external {
        _jobs[id].provider = provider;
    }

    function fund(uint256 id, uint256 budget) external {
        IAgenticCommerce.Job storage job = _in(id, IAgenticCommerce.Status.Open);
        require(msg.sender == job.client && job.provider != address(0), "client");
        (job.budget, job.status, job.paymentToken) = (budget, IAgenticCommerce.Status.Funded, address(TOKEN));
        require(TOKEN.transferFrom(msg.sender, address(this), budget), "transfer");
    }

    function submit(uint256 id) external {
        IAgenticCommerce.Job storage job = _in(id, IAgenticCommerce.Status.Funded);
        require(msg.sender == job.provider, "provider");
        (job.status, job.submittedAt) = (IAgenticCommerce.Status.Submitted, block.timestamp);
    }

    function claimRefund(uint256 id) external {
        IAgenticCommerce.Job storage job = _jobs[id];
        require(block.timestamp >= job.expiredAt && job.status <= IAgenticCommerce.Status.Submitted, "early");
        job.status = IAgenticCommerce.Status.Expired;
        require(TOKEN.transfer(job.client, job.budget), "transfer");
    }

    function _complete(uint256 id, bytes32 reason) internal {
        IAgenticCommerce.Job storage job = _in(id, IAgenticCommerce.Status.Submitted);
        require(msg.sender == job.evaluator, "evaluator");
        (job.status, reasonOf[id]) = (IAgenticCommerce.Status.Completed, reason);
        uint256 fee = job.budget * evaluatorFee / 100;
        require(
            TOKEN.transfer(job.evaluator, fee) && TOKEN.transfer(job.provider, job.budget - fee), "transfer"
        );
    }

    function _reject(uint256 id, bytes32 reason) internal {
        IAgenticCommerce.Job storage job = _jobs[id];
        require(
            job.status == IAgenticCommerce.Status.Funded || job.status == IAgenticCommerce.Status.Submitted,
            "status"
        );
        require(msg.sender == job.evaluator, "evaluator");
        (job.status, reasonOf[id]) = (IAgenticCommerce.Status.Rejected, reason);
        require(TOKEN.transfer(job.client, job.budget), "transfer");
    }

    function _in(uint256 id, IAgenticCommerce.Status status)
        private
        view
        returns (IAgenticCommerce.Job storage job)
    {
        job = _jobs[id];
        require(job.status == status && job.id == id && id != 0, "status");
    }
}

/// @notice Laid out as the EIP's reference implementation.
contract ReferenceJobs is JobEscrow {
    constructor(IERC20 token) JobEscrow(token) {}

    function complete(uint256 id, bytes32 reason, bytes calldata) external {
        _complete(id, reason);
    }

    function reject(uint256 id, bytes32 reason, bytes calldata) external {
        _reject(id, reason);
    }

    function getJob(uint256 id) external view returns (IAgenticCommerce.Job memory) {
        return _jobs[id];
    }
}

/// @notice Laid out as implementations without hooks: a shorter job, and calls without `optParams`.
contract PlainJobs is JobEscrow {
    struct PlainJob {
        uint256 id;
        address client;
        address provider;
        address evaluator;
        string description;
        uint256 budget;
        uint256 expiredAt;
        IAgenticCommerce.Status status;
    }

    constructor(IERC20 token) JobEscrow(token) {}

    function complete(uint256 id, bytes32 reason) external {
        _complete(id, reason);
    }

    function reject(uint256 id, bytes32 reason) external {
        _reject(id, reason);
    }

    function getJob(uint256 id) external view returns (PlainJob memory) {
        IAgenticCommerce.Job storage job = _jobs[id];
        return PlainJob(
            job.id,
            job.client,
            job.provider,
            job.evaluator,
            job.description,
            job.budget,
            job.expiredAt,
            job.status
        );
    }
}

/// @notice Says whatever it is told to say, and calls back whatever it is told to call.
contract HostileJobs {
    IAgenticCommerce.Job private _job;
    bytes private _answer;
    address private _target;
    bytes private _callback;
    bool public calledBack;
    bytes4 public refusal; // of the call back
    bool public deaf; // takes in what it is told, and stays as it is
    uint256 public told;

    function say(IAgenticCommerce.Job calldata job) external {
        _job = job;
    }

    function answer(bytes calldata raw) external {
        _answer = raw;
    }

    function callBack(address target, bytes calldata data) external {
        (_target, _callback) = (target, data);
    }

    function setDeaf(bool is_) external {
        deaf = is_;
    }

    function complete(uint256, bytes32, bytes calldata) external {
        _hear(IAgenticCommerce.Status.Completed);
    }

    function reject(uint256, bytes32, bytes calldata) external {
        _hear(IAgenticCommerce.Status.Rejected);
    }

    function getJob(uint256) external view returns (IAgenticCommerce.Job memory) {
        if (_answer.length == 0) return _job;
        bytes memory raw = _answer;
        assembly ("memory-safe") {
            return(add(raw, 32), mload(raw)) // not an encoded job
        }
    }

    function _hear(IAgenticCommerce.Status status) private {
        ++told;
        if (!deaf) _job.status = status;
        if (_target == address(0)) return;
        bytes memory answer_;
        (calledBack, answer_) = _target.call(_callback);
        refusal = bytes4(answer_);
    }
}
