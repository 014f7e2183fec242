// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAgenticCommerce, IPlainAgenticCommerce} from "../interfaces/IAgenticCommerce.sol";
import {IJobEvaluator} from "../interfaces/IJobEvaluator.sol";

/// @title Reads jobs of ERC-8183 contracts, and tells those contracts how they end.
/// @dev Implementations differ in two points: those without hooks have no `hook` in a job and no `optParams` in their
/// calls. Where the description begins says how many words stand before it, and so which of them a job is.
library Jobs {
    /// @dev The words of an answer to `getJob` up to the hook.
    struct Head {
        uint256 tuple; // where the job begins: the next word
        uint256 id;
        address client;
        address provider;
        address evaluator;
        uint256 description; // where it begins
        uint256 budget;
        uint256 expiredAt; // Unix seconds
        uint256 status;
        uint256 hook; // in a job without one, the description's length
    }

    uint256 private constant WORD = 32;
    /// @dev Words of a job up to its status. A longer job has a hook in the next word.
    uint256 private constant PLAIN = 8 * WORD;
    uint256 private constant MOST = 64 * WORD;

    /// @notice The job as its contract tells it now.
    /// @return job the words before the description; `hook` is zero where there is none.
    function read(address jobs, uint256 jobId) internal view returns (Head memory job) {
        // slither-disable-next-line low-level-calls -- the layout is not known before the answer
        (bool ok, bytes memory answer) = jobs.staticcall(abi.encodeCall(IAgenticCommerce.getJob, (jobId)));
        if (!ok || answer.length < PLAIN + 2 * WORD) revert IJobEvaluator.UnreadableJob(jobs, jobId);
        job = abi.decode(answer, (Head));
        bool known =
            job.tuple == WORD && job.id == jobId && job.description >= PLAIN && job.description <= MOST;
        if (!known || job.status > uint8(type(IAgenticCommerce.Status).max)) {
            revert IJobEvaluator.UnreadableJob(jobs, jobId);
        }
        if (job.description == PLAIN) job.hook = 0;
    }

    /// @notice Completes or rejects the job, and sees that it is so.
    // slither-disable-next-line low-level-calls -- which of two forms it takes shows in what it does
    function conclude(address jobs, uint256 jobId, bool passed, bytes32 reason) internal {
        (bytes memory call, bytes memory plain) = passed
            ? (
                abi.encodeCall(IAgenticCommerce.complete, (jobId, reason, "")),
                abi.encodeCall(IPlainAgenticCommerce.complete, (jobId, reason))
            )
            : (
                abi.encodeCall(IAgenticCommerce.reject, (jobId, reason, "")),
                abi.encodeCall(IPlainAgenticCommerce.reject, (jobId, reason))
            );
        // solhint-disable-next-line avoid-low-level-calls
        (bool ok,) = jobs.call(call);
        // solhint-disable-next-line avoid-low-level-calls
        if (!ok) (ok,) = jobs.call(plain);
        IAgenticCommerce.Status status = IAgenticCommerce.Status(read(jobs, jobId).status);
        IAgenticCommerce.Status wanted =
            passed ? IAgenticCommerce.Status.Completed : IAgenticCommerce.Status.Rejected;
        if (!ok || status != wanted) revert IJobEvaluator.NotConcluded(jobs, jobId, status);
    }
}
