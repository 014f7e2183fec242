// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IGoods} from "../interfaces/IGoods.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {LicenceSales} from "./LicenceSales.sol";
import {Royalties} from "./Royalties.sol";

/// @title Goods that come to the market, and what they owe their ancestors.
/// @notice A model owes each parent what the licence to derive says that it was made under, and the parents' ancestors
/// what the parents owe them. The list is written down when the model is listed. Afterwards only its owner's word or a
/// jury's ruling makes it longer (`LineageClaims`).
abstract contract LicenceLineage is LicenceSales {
    using Royalties for IGoods.Royalty[];

    /// @dev A list that grows.
    struct Owed {
        address token; // of the floors
        uint256 length;
        IGoods.Royalty[] list; // with room for MAX_ANCESTORS
    }

    function _publish(
        address owner,
        IGoods.Proof calldata proof,
        IModelRegistry.Submission calldata submission,
        Derivation[] calldata derivations
    ) internal {
        address developer = GOODS.developerOf(submission.manifest);
        Owed memory owed = _owed([owner, developer], submission.lineage, derivations);
        GOODS.list(owner, proof, submission, owed.token, owed.list);
    }

    /// @param makers the owner and the developer, whose licences count.
    function _owed(
        address[2] memory makers,
        IModelRegistry.Lineage[] calldata lineage,
        Derivation[] calldata derivations
    ) private view returns (Owed memory owed) {
        owed.list = new IGoods.Royalty[](Royalties.MAX_ANCESTORS);
        uint256 models = 0;
        for (uint256 i = 0; i < lineage.length; ++i) {
            if (lineage[i].kind != IModelRegistry.LineageKind.Model) continue;
            if (models == derivations.length) revert DerivationsMissing(models + 1, derivations.length);
            _addParent(owed, makers, lineage[i].ref, derivations[models++]);
        }
        if (models != derivations.length) revert DerivationsMissing(models, derivations.length);
        IGoods.Royalty[] memory list = owed.list;
        uint256 length = owed.length;
        assembly ("memory-safe") {
            mstore(list, length) // cuts off the room that was not needed
        }
    }

    /// @dev The oldest first: what a parent owes, then the parent.
    function _addParent(Owed memory owed, address[2] memory makers, bytes32 parent, Derivation calldata by)
        private
        view
    {
        IGoods.Good memory good = GOODS.goodOf(parent);
        if (good.kind == IGoods.Kind.None) revert IGoods.NotListed(parent);
        // slither-disable-next-line unused-return -- where they are kept is not asked
        (, address token, IGoods.Royalty[] memory older) = GOODS.royaltiesOf(parent);
        _setToken(owed, token);
        for (uint256 i = 0; i < older.length; ++i) {
            owed.length = owed.list.add(owed.length, older[i]);
        }
        if (by.saleId == 0) {
            address parentsOwner = GOODS.ownerOf(good.tokenId);
            if (parentsOwner != makers[0]) revert NoLicenceToDerive(parent, 0);
            return;
        }
        Offer calldata offer_ = by.terms.offer;
        _requireDerivable(makers, parent, by);
        if (offer_.royaltyFloor != 0) _setToken(owed, offer_.token);
        owed.length =
            owed.list.add(owed.length, IGoods.Royalty(good.tokenId, offer_.royaltyPpm, offer_.royaltyFloor));
    }

    function _requireDerivable(address[2] memory makers, bytes32 parent, Derivation calldata by)
        private
        view
    {
        _requireSale(by.saleId, by.sale);
        _requireTermsOf(by.saleId, by.sale, by.terms);
        address holder = by.sale.holder;
        bool counts = (holder == makers[0] || holder == makers[1]) && by.terms.offer.good == parent
            && _allows(by.sale, by.terms, Purpose.Derive);
        if (!counts) revert NoLicenceToDerive(parent, by.saleId);
    }

    function _setToken(Owed memory owed, address token) private pure {
        if (token == address(0) || token == owed.token) return;
        if (owed.token != address(0)) revert TwoTokens(owed.token, token);
        owed.token = token;
    }
}
