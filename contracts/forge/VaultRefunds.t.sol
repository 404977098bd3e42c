// SPDX-License-Identifier: Apache-2.0
// PROTOCOL 7.6: a class refund is exact to the unit, vetoable, paid from credits, fees, stake, and once per receipt.
pragma solidity ^0.8.28;

import {VaultBase} from "../src/vault/VaultBase.sol";
import {VaultRefunds} from "../src/vault/VaultRefunds.sol";
import {VaultChallenges} from "../src/vault/VaultChallenges.sol";
import {Charge, ProvenCharge} from "../src/lib/Charge.sol";
import {Trees} from "./support/Trees.sol";
import {World} from "./support/World.sol";

contract VaultRefundsTest is World {
    bytes32 private constant INCIDENT = keccak256("incident");

    Charge[] private charges;
    bytes32[] private entries;
    VaultRefunds.Bits[] private mine;
    VaultRefunds.Bits[] private theirs;

    function setUp() public {
        deployWorld();
        anchorLog(260);
        token.mint(address(vault), 10_000);
        charges.push(chargeOf(3, payer, node, 100, 5));
        charges.push(chargeOf(4, payer2, node, 50, 2));
        charges.push(chargeOf(7, payer2, node2, 33, 1));
        charges.push(chargeOf(258, payer, node, 30, 1));
        postBatch(batchOf(charges));
        mine.push(VaultRefunds.Bits(0, 1 << 3));
        mine.push(VaultRefunds.Bits(1, 1 << 2));
        theirs.push(VaultRefunds.Bits(0, 1 << 4));
        entries.push(_entry(payer, 130, mine));
        entries.push(_entry(payer2, 50, theirs));
        entries.push(leafOf(charges[0]));
        entries.push(leafOf(charges[1]));
        entries.push(leafOf(charges[3]));
    }

    function testGivesEveryPayerItsOwnToTheUnitInTwoTransactions() public {
        VaultRefunds.Plan memory plan = _plan();
        _propose(plan);
        vm.warp(block.timestamp + VETO);
        vm.expectEmit();
        emit VaultRefunds.RefundExecuted(INCIDENT, 180, 180, 0);
        vault.executeRefund(plan);
        eq(vault.credits(1, node), 0);
        eq(vault.credits(1, node2), 32);
        eq(vault.credits(1, treasury), 1);
        eq(vault.liabilities(), 213);
        vm.prank(stranger);
        vm.expectEmit();
        emit VaultRefunds.RefundPaid(INCIDENT, payer, 130, 130);
        vault.claimRefund(INCIDENT, payer, 130, mine, Trees.path(entries, 0));
        vault.claimRefund(INCIDENT, payer2, 50, theirs, Trees.path(entries, 1));
        eq(token.balanceOf(payer), 130);
        eq(token.balanceOf(payer2), 50);
        eq(vault.liabilities(), 33);
        yes(vault.isRefunded(3) && vault.isRefunded(4) && vault.isRefunded(258));
        yes(!vault.isRefunded(2) && !vault.isRefunded(7) && !vault.isRefunded(259));
        (,,, uint128 funded, uint128 paid,) = vault.refunds(INCIDENT);
        eq(funded, 180);
        eq(paid, 180);
    }

    function testOnlyTheSettlerProposesAndOneRefundPerIncident() public {
        VaultRefunds.Plan memory plan = _plan();
        vm.expectPartialRevert(VaultBase.OnlySettler.selector);
        vault.proposeRefund(plan);
        vm.expectEmit();
        emit VaultRefunds.RefundProposed(INCIDENT, plan.root, 180, 3, uint40(block.timestamp) + VETO);
        _propose(plan);
        vm.prank(settler);
        vm.expectPartialRevert(VaultRefunds.RefundExists.selector);
        vault.proposeRefund(plan);
        plan.incident = keccak256("other");
        plan.total = 0;
        vm.prank(settler);
        vm.expectPartialRevert(VaultBase.NothingToPay.selector);
        vault.proposeRefund(plan);
    }

    function testAVetoStopsItWithinTheWindow() public {
        VaultRefunds.Plan memory plan = _plan();
        _propose(plan);
        vm.expectPartialRevert(VaultBase.OnlyVetoer.selector);
        vault.vetoRefund(INCIDENT);
        vm.warp(block.timestamp + VETO - 1);
        vm.expectPartialRevert(VaultBase.TooEarly.selector);
        vault.executeRefund(plan);
        vm.prank(vetoer);
        vm.expectEmit();
        emit VaultRefunds.RefundVetoed(INCIDENT);
        vault.vetoRefund(INCIDENT);
        vm.warp(block.timestamp + VETO);
        vm.expectPartialRevert(VaultRefunds.NoSuchRefund.selector);
        vault.executeRefund(plan);
        _propose(plan);
        vm.warp(block.timestamp + VETO);
        vm.prank(vetoer);
        vm.expectPartialRevert(VaultBase.TooLate.selector);
        vault.vetoRefund(INCIDENT);
        vault.executeRefund(plan);
        vm.prank(vetoer);
        vm.expectPartialRevert(VaultRefunds.NoSuchRefund.selector);
        vault.vetoRefund(INCIDENT);
    }

    function testExecutesThePlanThatWasProposedOnce() public {
        VaultRefunds.Plan memory plan = _plan();
        _propose(plan);
        vm.warp(block.timestamp + VETO);
        VaultRefunds.Plan memory other = _plan();
        other.takes[0].amount -= 1;
        vm.expectPartialRevert(VaultRefunds.NoSuchRefund.selector);
        vault.executeRefund(other);
        vault.executeRefund(plan);
        vm.expectPartialRevert(VaultRefunds.NoSuchRefund.selector);
        vault.executeRefund(plan);
    }

    function testNothingIsClaimedBeforeExecutionNorOfUnknownIncidents() public {
        bytes32[] memory path = Trees.path(entries, 0);
        vm.expectPartialRevert(VaultRefunds.NoSuchRefund.selector);
        vault.claimRefund(INCIDENT, payer, 130, mine, path);
        _propose(_plan());
        vm.expectPartialRevert(VaultRefunds.NotExecuted.selector);
        vault.claimRefund(INCIDENT, payer, 130, mine, path);
    }

    function testEntriesAreWhatTheRootSays() public {
        _execute(_plan());
        bytes32[] memory path = Trees.path(entries, 0);
        vm.expectPartialRevert(VaultBase.NotInTree.selector);
        vault.claimRefund(INCIDENT, payer, 131, mine, path);
        vm.expectPartialRevert(VaultBase.NotInTree.selector);
        vault.claimRefund(INCIDENT, payer2, 130, mine, path);
        vm.expectPartialRevert(VaultBase.NotInTree.selector);
        vault.claimRefund(INCIDENT, payer, 130, theirs, path);
        ProvenCharge memory outside = proven(charges, 2);
        vm.expectPartialRevert(VaultBase.NotInTree.selector);
        vault.claimCharge(INCIDENT, outside, path);
    }

    function testAReceiptIsRefundedOnceByEntryOrByLeaf() public {
        _execute(_plan());
        ProvenCharge memory first = proven(charges, 0);
        vault.claimCharge(INCIDENT, first, Trees.path(entries, 2));
        eq(token.balanceOf(payer), 100);
        bytes32[] memory path = Trees.path(entries, 2);
        vm.expectPartialRevert(VaultBase.AlreadyRefunded.selector);
        vault.claimCharge(INCIDENT, first, path);
        path = Trees.path(entries, 0);
        vm.expectPartialRevert(VaultBase.AlreadyRefunded.selector);
        vault.claimRefund(INCIDENT, payer, 130, mine, path);
        vault.claimCharge(INCIDENT, proven(charges, 3), Trees.path(entries, 4));
        eq(token.balanceOf(payer), 130);
        vault.claimRefund(INCIDENT, payer2, 50, theirs, Trees.path(entries, 1));
        first = proven(charges, 1);
        path = Trees.path(entries, 3);
        vm.expectPartialRevert(VaultBase.AlreadyRefunded.selector);
        vault.claimCharge(INCIDENT, first, path);
    }

    function testAReceiptIsRefundedOnceAcrossIncidents() public {
        _execute(_plan());
        vault.claimRefund(INCIDENT, payer, 130, mine, Trees.path(entries, 0));
        VaultRefunds.Plan memory again = _plan();
        again.incident = keccak256("other incident");
        again.root = leafOf(charges[0]);
        again.total = 100;
        token.mint(address(this), 1000);
        token.approve(address(registry), 1000);
        registry.stake(node2, 1000);
        again.stakes = new VaultRefunds.StakeTake[](1);
        again.stakes[0] = VaultRefunds.StakeTake(node2, 100);
        _execute(again);
        ProvenCharge memory first = proven(charges, 0);
        vm.expectPartialRevert(VaultBase.AlreadyRefunded.selector);
        vault.claimCharge(again.incident, first, new bytes32[](0));
    }

    function testStakePaysWhatCreditsLackAndNoMore() public {
        _stake(node, 1000);
        VaultRefunds.Plan memory plan = _plan();
        plan.takes[0].amount = 100;
        plan.stakes = new VaultRefunds.StakeTake[](2);
        plan.stakes[0] = VaultRefunds.StakeTake(node, 30);
        plan.stakes[1] = VaultRefunds.StakeTake(node, 500);
        _execute(plan);
        (,,, uint128 funded,,) = vault.refunds(INCIDENT);
        eq(funded, 180);
        eq(registry.stakeOf(node), 1000 - (180 - 100 - 8));
        eq(vault.credits(1, node), 72);
        eq(vault.liabilities(), 213 + 72);
        eq(token.balanceOf(address(vault)), 10_072);
    }

    function testAShortfallIsRecordedAndSharedInProportion() public {
        VaultRefunds.Plan memory plan = _plan();
        plan.takes = new VaultRefunds.Take[](1);
        plan.takes[0] = VaultRefunds.Take(1, node, 91);
        _propose(plan);
        vm.warp(block.timestamp + VETO);
        vm.expectEmit();
        emit VaultRefunds.RefundExecuted(INCIDENT, 180, 91, 89);
        vault.executeRefund(plan);
        vault.claimRefund(INCIDENT, payer, 130, mine, Trees.path(entries, 0));
        eq(token.balanceOf(payer), 65);
        vault.claimRefund(INCIDENT, payer2, 50, theirs, Trees.path(entries, 1));
        eq(token.balanceOf(payer2), 25);
        eq(vault.liabilities(), 213 - 90);
    }

    function testPaysNoMoreThanWasFunded() public {
        VaultRefunds.Plan memory plan = _plan();
        plan.total = 120;
        _execute(plan);
        eq(vault.credits(1, node), 172 - 120);
        bytes32[] memory path = Trees.path(entries, 0);
        vm.expectPartialRevert(VaultBase.NothingToPay.selector);
        vault.claimRefund(INCIDENT, payer, 130, mine, path);
        vault.claimCharge(INCIDENT, proven(charges, 0), Trees.path(entries, 2));
        vm.expectPartialRevert(VaultBase.NothingToPay.selector);
        vault.claimRefund(INCIDENT, payer2, 50, theirs, Trees.path(entries, 1));
        // Exactly what is left can be claimed.
        vm.expectPartialRevert(VaultBase.NothingToPay.selector);
        vault.claimCharge(INCIDENT, proven(charges, 3), Trees.path(entries, 4));
    }

    function testTakesOnlyWhatIsStillHeld() public {
        vm.warp(block.timestamp + HOLD);
        vault.withdraw(treasury, uints(1));
        _execute(_plan());
        (,,, uint128 funded,,) = vault.refunds(INCIDENT);
        eq(funded, 0);
        eq(vault.credits(1, node), 172);
        bytes32[] memory path = Trees.path(entries, 0);
        vm.expectPartialRevert(VaultBase.NothingToPay.selector);
        vault.claimRefund(INCIDENT, payer, 130, mine, path);
    }

    function testAProposalFreezesTheCreditsItTakes() public {
        uint256 ripe = block.timestamp + HOLD;
        vm.warp(ripe - 1);
        VaultRefunds.Plan memory plan = _plan();
        _propose(plan);
        uint256 frozen = ripe - 1 + VETO + RESPONSE;
        vm.warp(frozen - 1);
        vm.expectRevert(abi.encodeWithSelector(VaultBase.TooEarly.selector, frozen));
        vault.withdraw(node, uints(1));
        vault.executeRefund(plan);
        (,,, uint128 funded,,) = vault.refunds(INCIDENT);
        eq(funded, 180);
        vm.warp(frozen);
        vault.withdraw(node2, uints(1));
        eq(token.balanceOf(node2), 32);
    }

    function testAFreezeEndsByTheSecondHold() public {
        (,,, uint40 postedAt,,) = vault.batches(1);
        VaultRefunds.Plan memory plan = _plan();
        uint256 at = block.timestamp + HOLD - 1;
        for (uint256 i = 0; at < uint256(postedAt) + 2 * uint256(HOLD); ++i) {
            vm.warp(at);
            plan.incident = keccak256(abi.encode(i));
            _propose(plan);
            at += VETO + RESPONSE - 1;
        }
        (,,,, uint40 frozenUntil,) = vault.batches(1);
        eq(frozenUntil, uint256(postedAt) + 2 * uint256(HOLD));
    }

    function testARipeBatchIsNotFrozenAgain() public {
        vm.warp(block.timestamp + HOLD);
        _propose(_plan());
        (,,,, uint40 frozenUntil,) = vault.batches(1);
        eq(frozenUntil, 0);
    }

    function testFeesAreTakenAfterCredits() public {
        VaultRefunds.Plan memory plan = _plan();
        (plan.takes[0], plan.takes[1]) = (plan.takes[1], plan.takes[0]);
        vm.prank(settler);
        vm.expectPartialRevert(VaultRefunds.FeesBeforeCredits.selector);
        vault.proposeRefund(plan);
        plan = _plan();
        plan.takes[0].batch = 9;
        vm.prank(settler);
        vm.expectPartialRevert(VaultBase.NoSuchBatch.selector);
        vault.proposeRefund(plan);
    }

    function testBitsAscendAndAreNotEmpty() public {
        VaultRefunds.Bits[] memory twice = new VaultRefunds.Bits[](2);
        twice[0] = VaultRefunds.Bits(2, 1);
        twice[1] = VaultRefunds.Bits(2, 2);
        VaultRefunds.Bits[] memory empty = new VaultRefunds.Bits[](1);
        VaultRefunds.Plan memory plan = _plan();
        bytes32[] memory two = new bytes32[](2);
        (two[0], two[1]) = (_entry(payer, 10, twice), _entry(payer, 10, empty));
        plan.root = Trees.root(two);
        _execute(plan);
        bytes32[] memory path = Trees.path(two, 0);
        vm.expectPartialRevert(VaultRefunds.BitsOutOfOrder.selector);
        vault.claimRefund(INCIDENT, payer, 10, twice, path);
        path = Trees.path(two, 1);
        vm.expectPartialRevert(VaultBase.AlreadyRefunded.selector);
        vault.claimRefund(INCIDENT, payer, 10, empty, path);
    }

    function testAVoidedChargeIsNotRefundedAndARefundedOneNotPaidBackAgain() public {
        token.mint(address(this), 100);
        token.approve(address(vault), 100);
        vault.challengeCharge(proven(charges, 0));
        vault.challengeCharge(proven(charges, 1));
        _execute(_plan());
        vault.claimRefund(INCIDENT, payer2, 50, theirs, Trees.path(entries, 1));
        vm.warp(block.timestamp + RESPONSE);
        vault.voidCharge(proven(charges, 1));
        eq(token.balanceOf(payer2), 50);
        yes(vault.voided(leafOf(charges[1])));
        // The refund has its money: the void moves nothing, and the payer's entry is paid.
        vault.voidCharge(proven(charges, 0));
        eq(token.balanceOf(payer), 0);
        ProvenCharge memory first = proven(charges, 0);
        bytes32[] memory path = Trees.path(entries, 2);
        vm.expectPartialRevert(VaultBase.AlreadyVoided.selector);
        vault.claimCharge(INCIDENT, first, path);
        vault.claimRefund(INCIDENT, payer, 130, mine, Trees.path(entries, 0));
        eq(token.balanceOf(payer), 130);
        eq(token.balanceOf(address(this)), 100);
    }

    /// A charge that was voided and paid back after the plan was made is not given back by the payer's entry as well.
    function testAChargePaidBackByAVoidIsNotRefunded() public {
        token.mint(address(this), 100);
        token.approve(address(vault), 100);
        vault.challengeCharge(proven(charges, 0));
        vm.warp(block.timestamp + RESPONSE - VETO + 1);
        VaultRefunds.Plan memory plan = _plan();
        _propose(plan);
        vm.warp(block.timestamp + VETO);
        vault.voidCharge(proven(charges, 0));
        eq(token.balanceOf(payer), 100);
        vault.executeRefund(plan);
        bytes32[] memory whole = Trees.path(entries, 0);
        vm.expectPartialRevert(VaultBase.AlreadyRefunded.selector);
        vault.claimRefund(INCIDENT, payer, 130, mine, whole);
    }

    function _plan() private view returns (VaultRefunds.Plan memory plan) {
        plan.incident = INCIDENT;
        plan.root = Trees.root(entries);
        plan.total = 180;
        plan.count = 3;
        plan.takes = new VaultRefunds.Take[](2);
        plan.takes[0] = VaultRefunds.Take(1, node, 172);
        plan.takes[1] = VaultRefunds.Take(1, treasury, 8);
        plan.takes[1].amount = 8;
    }

    function _propose(VaultRefunds.Plan memory plan) private {
        vm.prank(settler);
        vault.proposeRefund(plan);
    }

    function _execute(VaultRefunds.Plan memory plan) private {
        _propose(plan);
        vm.warp(block.timestamp + VETO);
        vault.executeRefund(plan);
    }

    function _entry(address to, uint128 amount, VaultRefunds.Bits[] memory bits) private pure returns (bytes32) {
        bytes32 inner = keccak256(abi.encode(INCIDENT, to, amount, keccak256(abi.encode(bits))));
        return keccak256(bytes.concat(inner));
    }

    function _stake(address account, uint128 amount) private {
        token.mint(address(this), amount);
        token.approve(address(registry), amount);
        registry.stake(account, amount);
    }
}
