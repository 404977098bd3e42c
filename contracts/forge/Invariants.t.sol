// SPDX-License-Identifier: Apache-2.0
// What is true of the money after any sequence of actions.
pragma solidity ^0.8.28;

import {DevToken} from "../src/dev/DevToken.sol";
import {IBatchSettlement} from "../src/interfaces/IBatchSettlement.sol";
import {SettlementVault} from "../src/SettlementVault.sol";
import {ParticipantRegistry} from "../src/ParticipantRegistry.sol";
import {CheckpointAnchor} from "../src/CheckpointAnchor.sol";
import {Handler} from "./support/Handler.sol";

contract InvariantsTest {
    Handler private handler;
    DevToken private token;
    SettlementVault private vault;
    ParticipantRegistry private registry;
    CheckpointAnchor private anchor;
    IBatchSettlement private settlement;

    function setUp() public {
        handler = new Handler();
        (address t, address v, address r, address a, address s) = handler.world();
        token = DevToken(t);
        vault = SettlementVault(v);
        registry = ParticipantRegistry(r);
        anchor = CheckpointAnchor(a);
        settlement = IBatchSettlement(s);
    }

    function targetContracts() external view returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(handler);
    }

    /// All of them after every action; one run of the actions serves all. That no receipt is given back twice, and that no
    /// offence costs more than was staked when it was committed, the handler checks where it happens.
    function invariant_theBooksBalance() external view {
        _supplyIsWhatWasMinted();
        _theVaultOwesWhatItHolds();
        _channelsAreConserved();
        _stakesAreConserved();
        _theAnchorIsMonotone();
    }

    /// Nothing but the development mint makes money.
    function _supplyIsWhatWasMinted() private view {
        require(token.totalSupply() == handler.minted(), "supply");
    }

    /// The vault owes exactly its credits, refunds, held payments and bonds, and has at least that.
    function _theVaultOwesWhatItHolds() private view {
        uint256 owed = handler.heldExact() + handler.openRefunds() + handler.openBonds();
        address[8] memory accounts = handler.accounts();
        for (uint256 b = 1; b <= vault.batchCount(); ++b) {
            for (uint256 i = 0; i < accounts.length; ++i) owed += vault.credits(b, accounts[i]);
        }
        require(vault.liabilities() == owed, "liabilities");
        require(token.balanceOf(address(vault)) >= owed, "backed");
    }

    /// The payment-channel contract holds what is unclaimed and what was not swept.
    function _channelsAreConserved() private view {
        (uint128 balance, uint128 claimed) = settlement.channels(handler.channelOf());
        (uint128 total, uint128 swept) = settlement.receivers(address(vault), address(token));
        require(total == claimed, "claimed");
        require(token.balanceOf(address(settlement)) == uint256(balance - claimed) + (total - swept), "channels");
        require(claimed <= handler.signedCeiling(), "no claim above what was signed");
    }

    /// The registry holds every stake and every forfeit; nobody loses more than was ever staked.
    function _stakesAreConserved() private view {
        uint256 sum = 0;
        address[8] memory accounts = handler.accounts();
        for (uint256 i = 0; i < 4; ++i) {
            (uint128 bonded, uint128 leaving, uint128 forfeited,) = registry.stakes(accounts[i]);
            sum += uint256(bonded) + leaving + forfeited;
            require(handler.slashedOf(accounts[i]) <= handler.everStaked(accounts[i]), "slashed");
            require(registry.stakeAt(accounts[i], uint48(block.timestamp)) == bonded + leaving, "history");
        }
        require(token.balanceOf(address(registry)) == sum, "registry");
    }

    /// The anchor only grows, and keeps what it has.
    function _theAnchorIsMonotone() private view {
        bytes32 origin = vault.origin();
        require(anchor.latestSize(origin) == handler.lastAnchored(), "latest");
        require(anchor.rootAt(origin, handler.lastAnchored()) == handler.lastRoot(), "root");
        require(vault.coveredTo() <= handler.lastAnchored(), "covered");
    }
}
