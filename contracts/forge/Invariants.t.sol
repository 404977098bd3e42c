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

    /// The invariants are worth what the actions reach: a long walk from a fixed seed does every consequential thing, and
    /// the books balance along the way.
    function testALongWalkReachesEverything() external {
        string[15] memory wanted = [
            "claim", "finalizeWithdraw", "returnExact", "capture", "withdraw", "voidCharge", "openCharge", "voidCredit",
            "openCredit", "executeRefund", "vetoRefund", "claimCharge", "unstake", "slash", "takeExcess"
        ];
        uint256 done = 0;
        for (uint256 step = 0; done < wanted.length; ++step) {
            require(step < 4000, wanted[done]);
            _act(uint256(keccak256(abi.encode("walk", step))));
            if (step % 50 == 0) this.invariant_theBooksBalance();
            while (done < wanted.length && handler.deeds(wanted[done]) > 0) ++done;
        }
        this.invariant_theBooksBalance();
    }

    function _act(uint256 dice) private {
        uint256 what = dice % 23;
        (uint8 a, uint8 b, uint64 c) = (uint8(dice >> 8), uint8(dice >> 16), uint64(dice >> 24));
        bool flag = dice >> 255 == 1;
        if (what == 0) handler.warp(uint16(c));
        else if (what == 1) handler.anchorNext(a);
        else if (what == 2) handler.deposit(c);
        else if (what == 3) handler.claimVoucher(c, uint64(dice >> 100));
        else if (what == 4) handler.sweep();
        else if (what == 5) handler.giveBack(c);
        else if (what == 6) handler.withdrawChannel(c);
        else if (what == 7) handler.payExact(c);
        else if (what == 8) handler.returnExact(a);
        else if (what < 11) handler.post(a, c, flag);
        else if (what == 11) handler.withdraw(a, b);
        else if (what == 12) handler.challenge(a, b);
        else if (what == 13) handler.answer(a);
        else if (what == 14) handler.challengeCredit(a, b);
        else if (what == 15) handler.propose(a, b, flag);
        else if (what == 16) handler.decide(a, flag);
        else if (what == 17) handler.claimBack(a);
        else if (what == 18) handler.stake(a, c);
        else if (what == 19) handler.unstake(a, c);
        else if (what == 20) handler.slash(a, uint16(c));
        else if (what == 21) handler.answerCredit(a);
        else handler.dispute();
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
