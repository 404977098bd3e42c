// SPDX-License-Identifier: Apache-2.0
// Challenges: what was posted as net must be opened by its parts when somebody doubts it, or it is void (PROTOCOL 7.3).
pragma solidity ^0.8.28;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Charge, Charges, ProvenCharge} from "../lib/Charge.sol";
import {Rfc6962} from "../lib/Rfc6962.sol";
import {VaultBatches} from "./VaultBatches.sol";

abstract contract VaultChallenges is VaultBatches {
    using Charges for Charge;
    using SafeCast for uint256;

    /// A doubt that waits for its answer.
    struct Challenge {
        address challenger;
        uint40 answerBy;
    }

    /// How far somebody has come in opening a credit: what its charges sum up to, and one more than the last log index.
    struct Progress {
        uint128 sum;
        uint64 next;
    }

    /// Open challenges, by leaf or by keccak256(abi.encode(batch, account)).
    mapping(bytes32 subject => Challenge) public challenges;
    /// Everybody who opens a credit counts alone, so that nobody can skip charges for another.
    mapping(bytes32 subject => mapping(address opener => Progress)) public progress;
    /// Subjects that were opened once; they cannot be challenged again.
    mapping(bytes32 subject => bool) public opened;

    event Challenged(bytes32 indexed subject, address indexed challenger, uint40 answerBy);
    event Opened(bytes32 indexed subject, address indexed by);
    event ChargeVoided(bytes32 indexed leaf, address indexed payer, uint128 paidBack);
    event CreditVoided(uint256 indexed number, address indexed account, uint128 amount);

    error AlreadyChallenged(bytes32 subject);
    error NotChallenged(bytes32 subject);
    error NotIncluded();
    error OutOfOrder(uint64 logIndex);
    error NotDouble();
    error WrongBatch(uint256 number);
    error FeeAboveAmount();

    /// Doubts that a charge's receipt stands in the log. Costs the bond unless nobody can show it.
    function challengeCharge(ProvenCharge calldata proven) external nonReentrant {
        bytes32 leaf = _leafIn(proven);
        _challenge(leaf, proven.charge.batch);
    }

    /// Shows that the challenged charge's receipt stands in the log, at its index, under an anchored checkpoint.
    /// @param size an anchored size of the log
    /// @param inclusion RFC 6962 audit path of the entry in the tree of that size
    function openCharge(ProvenCharge calldata proven, uint64 size, bytes32[] calldata inclusion) external nonReentrant {
        bytes32 leaf = _leafIn(proven);
        _requireLogged(proven.charge, size, inclusion);
        _open(leaf);
    }

    /// Voids a charge whose challenge nobody answered in time: its money goes back to the payer, unless an incident has
    /// given it back already.
    function voidCharge(ProvenCharge calldata proven) external nonReentrant {
        bytes32 leaf = _leafIn(proven);
        address challenger = _lapsed(leaf);
        uint64 index = proven.charge.logIndex;
        bool paidBack = _void(proven.charge, leaf, !isRefunded(index));
        // From here no refund gives it back again.
        if (paidBack) _markRefunded(index >> 8, 1 << (index & 255));
        _pay(challenger, bond);
    }

    /// Voids a second charge for one receipt: shows the first and that its receipt stands in the log at that index.
    function voidDouble(
        ProvenCharge calldata first,
        ProvenCharge calldata second,
        uint64 size,
        bytes32[] calldata inclusion
    ) external nonReentrant {
        bytes32 kept = _leafIn(first);
        bytes32 leaf = _leafIn(second);
        require(kept != leaf && first.charge.batch <= second.charge.batch, NotDouble());
        require(first.charge.logIndex == second.charge.logIndex, NotDouble());
        _requireLogged(first.charge, size, inclusion);
        _void(second.charge, leaf, true);
    }

    /// Doubts that an account's net credit is what the batch's charges give it.
    function challengeCredit(uint256 number, address account) external nonReentrant {
        require(credits[number][account] > 0, NothingToPay());
        _challenge(creditSubject(number, account), number);
    }

    /// Shows charges that make up a challenged credit, ascending by log index, in as many calls as it takes.
    function openCredit(uint256 number, address account, ProvenCharge[] calldata charges) external nonReentrant {
        bytes32 subject = creditSubject(number, account);
        require(challenges[subject].challenger != address(0), NotChallenged(subject));
        Progress storage mine = progress[subject][msg.sender];
        uint128 sum = mine.sum;
        uint64 next = mine.next;
        for (uint256 i = 0; i < charges.length; ++i) {
            Charge calldata charge = charges[i].charge;
            require(charge.batch == number, WrongBatch(charge.batch));
            require(charge.logIndex >= next, OutOfOrder(charge.logIndex));
            require(charge.fee <= charge.amount, FeeAboveAmount());
            _leafIn(charges[i]);
            next = charge.logIndex + 1;
            if (charge.node == account) sum += charge.nodePart().toUint128();
            if (account == treasury) sum += charge.fee.toUint128();
        }
        if (sum >= credits[number][account]) {
            _open(subject);
        } else {
            mine.sum = sum;
            mine.next = next;
        }
    }

    /// Voids a credit that nobody could open in time; its money is owed to nobody until a batch credits it rightly.
    function voidCredit(uint256 number, address account) external nonReentrant {
        address challenger = _lapsed(creditSubject(number, account));
        uint128 amount = _takeCredit(number, account, type(uint128).max);
        liabilities -= amount;
        emit CreditVoided(number, account, amount);
        _pay(challenger, bond);
    }

    /// Under which a credit is challenged.
    function creditSubject(uint256 number, address account) public pure returns (bytes32) {
        return keccak256(abi.encode(number, account));
    }

    function _challenge(bytes32 subject, uint256 number) private {
        // The answer is due before the credits can be withdrawn.
        Batch storage batch = _batch(number);
        uint256 end = uint256(batch.postedAt) + hold - response;
        require(block.timestamp < end, TooLate(end));
        require(challenges[subject].challenger == address(0) && !opened[subject], AlreadyChallenged(subject));
        uint40 answerBy = uint40(block.timestamp) + response;
        challenges[subject] = Challenge(msg.sender, answerBy);
        // Nor may they be withdrawn between a missed answer and the call that voids.
        _freeze(batch, uint256(answerBy) + response);
        emit Challenged(subject, msg.sender, answerBy);
        _takeBond();
    }

    /// Ends a challenge that was answered; whoever answered gets the bond.
    function _open(bytes32 subject) private {
        Challenge memory challenge = challenges[subject];
        require(challenge.challenger != address(0), NotChallenged(subject));
        require(block.timestamp <= challenge.answerBy, TooLate(challenge.answerBy));
        delete challenges[subject];
        opened[subject] = true;
        emit Opened(subject, msg.sender);
        _pay(msg.sender, bond);
    }

    /// Ends a challenge whose time has passed without an answer.
    function _lapsed(bytes32 subject) private returns (address challenger) {
        Challenge memory challenge = challenges[subject];
        challenger = challenge.challenger;
        require(challenger != address(0), NotChallenged(subject));
        require(block.timestamp > challenge.answerBy, TooEarly(challenge.answerBy));
        delete challenges[subject];
    }

    function _requireLogged(Charge calldata charge, uint64 size, bytes32[] calldata inclusion) private view {
        bytes32 root = anchor.rootAt(origin, size);
        require(root != bytes32(0), NotAnchored(size));
        require(Rfc6962.includes(charge.entryLeaf, charge.logIndex, size, root, inclusion), NotIncluded());
    }

    /// Takes a charge's money from the credits it made and pays it to the payer: all of it, or nothing when it is not all
    /// there, because then a refund has taken it, and pays it.
    function _void(Charge calldata charge, bytes32 leaf, bool payBack) private returns (bool) {
        voided[leaf] = true;
        uint256 part = charge.nodePart();
        uint256 ofNode = charge.node == treasury ? part + charge.fee : part;
        payBack = payBack && credits[charge.batch][charge.node] >= ofNode;
        payBack = payBack && credits[charge.batch][treasury] >= charge.fee;
        uint128 back = 0;
        if (payBack) {
            back = _takeCredit(charge.batch, charge.node, part) + _takeCredit(charge.batch, treasury, charge.fee);
        }
        emit ChargeVoided(leaf, charge.payer, back);
        _pay(charge.payer, back);
        return payBack;
    }
}
