// SPDX-License-Identifier: Apache-2.0
// Tokens that lie, take a part, or call back: nothing is paid twice and nothing is owed that is not there.
pragma solidity ^0.8.28;

import {VaultBase} from "../src/vault/VaultBase.sol";
import {VaultBatches} from "../src/vault/VaultBatches.sol";
import {VaultExact} from "../src/vault/VaultExact.sol";
import {VaultRefunds} from "../src/vault/VaultRefunds.sol";
import {Charge, ProvenCharge} from "../src/lib/Charge.sol";
import {ParticipantRegistry} from "../src/ParticipantRegistry.sol";
import {HostileToken} from "./support/HostileToken.sol";
import {Trees} from "./support/Trees.sol";
import {World} from "./support/World.sol";

contract HostileTest is World {
    HostileToken private hostile;

    function setUp() public {
        hostile = new HostileToken();
        deployWorldWith(address(hostile), BOND);
        anchorLog(40);
        hostile.mint(address(vault), 1000);
        hostile.mint(address(this), 1000);
        hostile.approve(address(vault), type(uint256).max);
        hostile.approve(address(registry), type(uint256).max);
    }

    /// The receiver of each payment tries every door of the vault and the registry while it is being paid.
    function testEveryDoorIsClosedWhileMoneyMoves() public {
        Charge[] memory charges = new Charge[](2);
        charges[0] = chargeOf(3, payer, node, 100, 5);
        charges[1] = chargeOf(4, payer, node, 50, 0);
        postBatch(batchOf(charges));
        bytes[] memory doors = new bytes[](12);
        ProvenCharge memory mine = proven(charges, 0);
        VaultRefunds.Plan memory plan;
        VaultRefunds.Bits[] memory bits;
        bytes32[] memory none;
        doors[0] = abi.encodeCall(vault.withdraw, (treasury, uints(1)));
        doors[1] = abi.encodeCall(vault.returnExact, (bytes32(0)));
        doors[2] = abi.encodeCall(vault.acceptExact, (payer, 1, 0, 1, bytes32(0), ""));
        doors[3] = abi.encodeCall(vault.challengeCharge, (mine));
        doors[4] = abi.encodeCall(vault.openCharge, (mine, 1, none));
        doors[5] = abi.encodeCall(vault.voidCharge, (mine));
        doors[6] = abi.encodeCall(vault.voidDouble, (mine, mine, 1, none));
        doors[7] = abi.encodeCall(vault.challengeCredit, (1, node));
        doors[8] = abi.encodeCall(vault.openCredit, (1, node, new ProvenCharge[](0)));
        doors[9] = abi.encodeCall(vault.voidCredit, (1, node));
        doors[10] = abi.encodeCall(vault.executeRefund, (plan));
        doors[11] = abi.encodeCall(vault.claimRefund, (bytes32(0), payer, 1, bits, none));
        vm.warp(block.timestamp + HOLD);
        hostile.onTransfer(address(vault), doors);
        vault.withdraw(node, uints(1));
        eq(hostile.closed(), doors.length);

        bytes[] memory more = new bytes[](3);
        more[0] = abi.encodeCall(vault.claimCharge, (bytes32(0), mine, none));
        more[1] = abi.encodeCall(vault.takeExcess, (_config()));
        more[2] = abi.encodeCall(vault.postBatch, (batchOf(charges)));
        hostile.onTransfer(address(vault), more);
        vault.withdraw(treasury, uints(1));
        // postBatch stands behind the settler's door first; the token is not the settler.
        eq(hostile.closed(), doors.length + 2);
    }

    function testTheSettlersDoorIsClosedTooWhenTheTokenIsTheSettler() public {
        settler = address(hostile);
        deployWorldWith(address(hostile), BOND);
        anchorLog(40);
        hostile.mint(address(vault), 1000);
        VaultBatches.BatchPost memory first = batchOf(one(chargeOf(3, payer, node, 100, 5)));
        postBatch(first);
        vm.warp(block.timestamp + HOLD);
        bytes[] memory doors = new bytes[](1);
        doors[0] = abi.encodeCall(vault.postBatch, (batchOf(one(chargeOf(4, payer, node, 10, 0)))));
        hostile.onTransfer(address(vault), doors);
        vault.withdraw(node, uints(1));
        eq(hostile.closed(), 1);
    }

    function testTheRegistrysDoorsAreClosedWhileMoneyMoves() public {
        registry.stake(node, 100);
        vm.prank(node);
        registry.unbond(100);
        vm.warp(block.timestamp + UNBONDING);
        bytes[] memory doors = new bytes[](2);
        doors[0] = abi.encodeCall(registry.withdraw, (node));
        doors[1] = abi.encodeCall(registry.stake, (node, 1));
        hostile.onTransfer(address(registry), doors);
        registry.withdraw(node);
        eq(hostile.closed(), 2);
        registry.stake(node, 50);
        hostile.onTransfer(address(registry), doors);
        vm.prank(address(vault));
        registry.seize(node, 50);
        eq(hostile.closed(), 4);
    }

    /// Some tokens refuse to move nothing, and a refund must not fail for a node that has nothing left.
    function testNothingIsSeizedFromWhoHasNothing() public {
        vm.prank(address(vault));
        eq(registry.seize(node, 50), 0);
    }

    function testABondThatDoesNotArriveIsNoBond() public {
        Charge[] memory charges = one(chargeOf(3, payer, node, 1000, 5));
        postBatch(batchOf(charges));
        hostile.keep(1);
        ProvenCharge memory mine = proven(charges, 0);
        vm.expectPartialRevert(VaultBase.NotBacked.selector);
        vault.challengeCharge(mine);
    }

    function testAnExactPaymentThatDoesNotArriveIsNotHeld() public {
        Charge[] memory charges = one(chargeOf(3, payer, node, 1000, 5));
        postBatch(batchOf(charges));
        hostile.mint(payer, 10);
        hostile.keep(1);
        vm.expectPartialRevert(VaultBase.NotBacked.selector);
        vault.acceptExact(payer, 10, 0, type(uint256).max, 0, "");
    }

    function testStakeThatDoesNotArriveIsNoStake() public {
        hostile.keep(1);
        vm.expectPartialRevert(ParticipantRegistry.NothingStaked.selector);
        registry.stake(node, 10);
    }

    function testStakeThatDoesNotReachTheVaultFundsNothing() public {
        Charge[] memory charges = one(chargeOf(3, payer, node, 1000, 5));
        postBatch(batchOf(charges));
        registry.stake(node, 100);
        VaultRefunds.Plan memory plan;
        plan.root = leafOf(charges[0]);
        plan.total = 50;
        plan.stakes = new VaultRefunds.StakeTake[](1);
        plan.stakes[0] = VaultRefunds.StakeTake(node, 50);
        vm.prank(settler);
        vault.proposeRefund(plan);
        vm.warp(block.timestamp + VETO);
        hostile.keep(1);
        vm.expectPartialRevert(VaultBase.NotBacked.selector);
        vault.executeRefund(plan);
    }

    function testATokenThatShrinksPaysNobodyMore() public {
        postBatch(batchOf(one(chargeOf(3, payer, node, 1000, 5))));
        hostile.burn(address(vault), 500);
        eq(vault.unallocated(), 0);
        VaultBatches.BatchPost memory post = batchOf(one(chargeOf(4, payer, node, 1, 0)));
        vm.prank(settler);
        vm.expectPartialRevert(VaultBase.NotBacked.selector);
        vault.postBatch(post);
    }

    function testWithoutABondAChallengeCostsNothing() public {
        deployWorldWith(address(hostile), 0);
        anchorLog(40);
        hostile.mint(address(vault), 1000);
        Charge[] memory charges = one(chargeOf(3, payer, node, 1000, 5));
        postBatch(batchOf(charges));
        vm.prank(stranger);
        vault.challengeCharge(proven(charges, 0));
        vault.openCharge(proven(charges, 0), 40, Trees.logPath(logLeaves, 3, 0, 40));
        eq(vault.liabilities(), 1000);
    }

    function _config() private view returns (IBatchSettlementConfig.ChannelConfig memory config) {
        config.payer = payer;
    }
}

import {IBatchSettlement as IBatchSettlementConfig} from "../src/interfaces/IBatchSettlement.sol";
