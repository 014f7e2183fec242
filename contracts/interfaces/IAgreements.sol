// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice A contract that says who has agreed to a text for which a signature is not enough.
interface IAgreementKeeper {
    /// @notice Reverts with the reason unless `party` has agreed to what it keeps as `agreement`.
    function requireAgreed(bytes32 agreement, address party) external view;
}

/// @title Who has agreed to which text.
/// @notice A text is known by the digest of its manifest, which names all that is agreed, the deal's own numbers
/// included. A party signs it as EIP-712 typed data: `Agreement(bytes32 text,address party)`, in the domain of this
/// contract on this chain. Anyone may bring a signature, and each is recorded once, for good: no nonce is needed, as a
/// signature that is brought again changes nothing, and nobody can take an agreement back. Markets ask
/// `requireSigned` before a bid or a purchase counts.
/// Where a signature is not enough, a contract keeps the agreement and is asked instead: `Pledges`, where a bond stands
/// behind it. Whoever requires such an agreement trusts its keeper, which its event names.
/// Trust assumptions: none but the parties' keys. A smart account (ERC-1271) says itself which signatures are its own,
/// when they are brought; what it says later changes nothing. Paper sections IV-D and IV-F.
interface IAgreements {
    /// @dev One party's signature of one text.
    struct Signature {
        bytes32 text;
        address party;
        bytes signature; // of an account with a key, or whatever a smart account accepts
    }

    /// @notice `party` has agreed to the text with this digest.
    event Signed(bytes32 indexed text, address indexed party);

    /// @notice `keeper` says who has agreed to `agreement`; `terms` is its own name for it.
    event Kept(bytes32 indexed agreement, address indexed keeper, bytes32 terms);

    /// @notice The digest of the text is missing.
    /// @custom:hint Publish the text first.
    error EmptyText();
    /// @notice The signature under the text {text} is not {party}'s, or was made for something else.
    /// @custom:hint Have the party sign this text again, for this chain and this contract.
    error NotItsSignature(bytes32 text, address party);
    /// @notice {party} has not signed the text {text}, which is required here.
    /// @custom:hint Read the text, then sign it with this account.
    error NotSigned(bytes32 text, address party);

    /// @notice Agrees to a text in the caller's own name. Does nothing if the caller has agreed already.
    function sign(bytes32 text) external;

    /// @notice Records signatures of any parties; anyone may bring them. Those that are recorded already are passed
    /// over, so nobody can make this fail by bringing one of them first. Reverts `NotItsSignature` for the first that
    /// is not valid, and then records none.
    function record(Signature[] calldata signatures) external;

    /// @notice Makes the caller the keeper of an agreement; any contract, for names of its own. Signatures of such an
    /// agreement do not count.
    /// @param terms the caller's name for it.
    /// @return agreement the name by which others require it: `keccak256(abi.encode(keeper, terms))`, so nobody can
    /// take another's.
    function keep(bytes32 terms) external returns (bytes32 agreement);

    /// @notice Reverts `NotSigned` unless `party` has agreed to the text, or with the reason of the agreement's keeper.
    function requireSigned(bytes32 text, address party) external view;

    /// @notice When `party` agreed to the text.
    /// @return Unix seconds, of the block that recorded it; 0 for never.
    function signedAt(bytes32 text, address party) external view returns (uint40);

    /// @notice The contract that keeps an agreement; zero where signatures count.
    function keeperOf(bytes32 agreement) external view returns (address);

    /// @notice What a party signs, for wallets without an SDK.
    /// @return the EIP-712 hash of the text for this party, chain and contract.
    function hashToSign(bytes32 text, address party) external view returns (bytes32);
}
