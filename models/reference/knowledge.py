"""What documents of the invented company say, and how customers ask for it, topic by topic.

Each topic has facts (sentences of a document) and asks (sentences of a customer). A line is written
in the grammar of ``phrases`` with two more slots: ``{n}`` is a number and ``{x}`` a proper name.
A line without ``{p}`` is about every product.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.reference import phrases


@dataclass(frozen=True)
class Topic:
    """One kind of fact: how documents state it and how customers ask for it."""

    name: str
    intent: str
    facts: tuple[str, ...]
    asks: tuple[str, ...]
    low: int = 2
    high: int = 120


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line for line in text.strip().splitlines() if line)


def _without(text: str, *words: str) -> tuple[str, ...]:
    return tuple(line for line in _lines(text) if not any(word in line for word in words))


REFUND = Topic("refund", "refund", _lines("""
Refunds for {p}s are (paid|made|sent|transferred|issued) (within|in|after) {n} (working |business |)days <tail>.
Refunds for (a|the|your) {p} (take|need) (up to |at most |about |) {n} days <tail>.
{p} refunds (take|need) (up to |at most |about |) {n} days <tail>.
We (pay|send|transfer|make) (refunds|the refund|the money|your money back) for (a|your|the) {p} (within|in|after) {n} days <tail>.
We (pay|send|make) refunds for {p}s (within|in|after) {n} (working |)days <tail>.
The refund (for|of) a {p} (takes|is paid within|is paid after|needs) {n} days <tail>.
(Customers|You|Buyers) (get|receive) (the|a) (money back|refund) for {p}s (within|after) {n} days <tail>.
(If|When) you (return|send back) a {p}, we (refund it|pay the money back|pay you back) (within|after) {n} days.
The refund (period|time) for {p}s is {n} days <tail>.
It takes {n} days until the (money|refund) for a {p} is (back on your account|paid back|paid).
Money for a (returned |){p} (comes|is sent|is paid) back (within|after) {n} days <tail>.
For {p}s, refunds are (paid|made) within {n} days <tail>.
"""), _without(phrases.REFUND, "do I have to return", "Can I (return", "want to (return")
    + _lines("""
How long (do|must) I (have to |)wait for (my|the|a) refund (of|for) (the|my|a) {p}?
When (is|are) (refunds|the refund|the money) for (a |){p}s? paid?
(After|Within) how many days (do|will) I get (the|my) money (back |)for (the|my|a) {p}?
"""))  # fmt: skip

RETURN = Topic("return", "refund", _lines("""
{p}s can be (returned|sent back) (within|for) {n} days <tail>.
You (can|may) (return|send back) (a|your|the) {p} (within|for) {n} days <tail>.
The return period for {p}s is {n} days <tail>.
(Customers|Buyers) have {n} days to (return|send back) a {p} <tail>.
We (accept|take) returns of {p}s (for|within) {n} days <tail>.
A {p} (may|can) be (returned|brought back|sent back) up to {n} days after (purchase|delivery).
Returns of {p}s are (possible|accepted|free) for {n} days <tail>.
"""), _lines("""
How long (do I have to|can I) (return|send back) (a|my|the) {p}?
(Can|May) I (still |)(return|send back|give back) (my|the|a) {p}?
I want to (return|send back) (my|the) {p}.
What is the return period (for|of) {p}s?
Until when can I (return|send back) (my|the|a) {p}?
How many days do I have to (return|send back) (a|my|the) {p}?
"""))  # fmt: skip

WARRANTY = Topic("warranty", "warranty", _lines("""
The warranty (of|for|on) (a|the|your|every) {p} (is|lasts|runs for|covers) {n} (months|years) <tail>.
{p}s (have|come with|carry) a warranty of {n} (months|years) <tail>.
{p}s (have|come with) a {n} (month|year) warranty <tail>.
We (give|offer) {n} (months|years) of (warranty|guarantee) on {p}s <tail>.
The {p} warranty (is|lasts) {n} (months|years) <tail>.
(Every|Each|A) {p} (has|is sold with|is covered by) a (warranty|guarantee) (of|for) {n} (months|years) <tail>.
Our warranty (for|on) {p}s (ends|expires) after {n} (months|years) <tail>.
The guarantee (for|on) {p}s (is|lasts) {n} (months|years) <tail>.
{p}s are (covered|under warranty) for {n} (months|years) <tail>.
"""), _lines(phrases.WARRANTY))  # fmt: skip

DELIVERY_TIME = Topic("delivery_time", "delivery", _lines("""
(Delivery|Shipping) of {p}s takes (up to |about |at most |){n} (working |business |)days <tail>.
{p}s are (delivered|shipped|sent) (within|in|after) {n} (working |)(days|hours) <tail>.
We (deliver|ship|send) {p}s (within|in|after) {n} (days|hours) <tail>.
The delivery time (of|for) (a|the) {p} is {n} days <tail>.
{p} (delivery|shipping) takes {n} days <tail>.
A {p} (arrives|is delivered|reaches you) (within|in|after) {n} days <tail>.
(You|Customers) (get|receive) (a|the|your) {p} {n} days after (the order|ordering|payment).
"""), _lines("""
How (long|many days) does (delivery|shipping|the delivery) (of|for) (a|the) {p} take?
How fast (can|do) you (deliver|send|ship) a {p}?
What (is|are) (the|your) delivery (time|times) (for|of) (a|the) {p}?
When (will|would) (a|my|the) (new |){p} (arrive|be delivered) (if|when) I order (today|now|on <day>)?
How many days (does it take|do you need) to (deliver|ship|send) a {p}?
How soon (can|will) I (get|receive) a (new |){p}?
"""))  # fmt: skip

DELIVERY_COST = Topic("delivery_cost", "delivery", _lines("""
(Delivery|Shipping) of (a|the) {p} costs {n} euros <tail>.
(Delivery|Shipping) (of|for) {p}s costs {n} euros <tail>.
We (charge|ask|take) {n} euros for the (delivery|shipping) of a {p} <tail>.
The (delivery|shipping) (cost|fee|price|charge) (for|of) {p}s is {n} euros <tail>.
{p} (delivery|shipping) costs {n} euros <tail>.
(To deliver|To send|Sending|Delivering|Shipping) a {p} costs {n} euros <tail>.
Customers pay {n} euros for the (delivery|shipping) of a {p} <tail>.
"""), _lines("""
How much (is|does|do you charge for) (the delivery|delivery|shipping) (of|for) (a|the|my) {p} (cost|)?
What does (delivery|shipping|the delivery) (of|for) (a|the|my) {p} cost?
What (is|are) the (delivery|shipping) (cost|costs|price|fee) (for|of) (a|the|my) {p}?
Is (delivery|shipping) (for|of) (a|the|my) {p} free?
How many euros (is|do I pay for) (the |)(delivery|shipping) of (a|the|my) {p}?
"""))  # fmt: skip

INVOICE = Topic("invoice", "invoice", _lines("""
Invoices for {p}s are (sent|mailed|created|emailed) (within|in|after) {n} (days|hours) <tail>.
We (send|mail|email) (the|an|your) (invoice|bill|receipt) for (a|the|your) {p} (within|after) {n} days <tail>.
The (invoice|bill) for a {p} (comes|arrives|is sent) (within|after) {n} days <tail>.
You (get|receive|find) the (invoice|bill) for your {p} (by email |online |)(within|after) {n} days.
A copy of the (invoice|bill) for a {p} costs {n} euros <tail>.
"""), _lines("""
(I need|Please send me|Can I (have|get)|I would like|Could you send me) (a copy of |)(the|my|an) (invoice|bill|receipt) for (the|my) {p}.
I (have not|did not|never) (received|receive|got|get|see) (my|the|an) (invoice|bill|receipt) (for the {p}|).
When (do|will) I (get|receive) (the|my) (invoice|bill) for (the|my) {p}?
Where (can I (find|download|see)|is) (my|the) (invoice|bill|receipt) (for the {p}|)?
(The|My) (invoice|bill) (for the {p} |)is (missing|not here).
"""))  # fmt: skip

PAYMENT = Topic("payment", "invoice", _lines("""
Invoices for {p}s must be paid within {n} days <tail>.
(Please pay|Customers pay|You must pay) (the|your) (invoice|bill) for a {p} within {n} days <tail>.
(The|A) {p} (can be|is) paid (in|within|over) {n} (months|parts|days) <tail>.
Payment for {p}s is due after {n} days <tail>.
The payment (period|time) for {p}s is {n} days <tail>.
"""), _lines("""
When (must|do) I (have to |)pay (the|my) (invoice|bill) (for the {p}|)?
How long do I have to pay (for |the invoice for |the bill for )(my|the|a) {p}?
When is (the |)payment for (my|the|a) {p} due?
How many days do I have to pay (for |the invoice for )(my|the|a) {p}?
(Can|May) I pay (for |)(the|my) {p} later?
"""))  # fmt: skip

CANCELLATION = Topic("cancellation", "cancellation", _lines("""
Orders for {p}s can be (cancelled|stopped) (within|for|up to) {n} (hours|days) <tail>.
You (can|may) cancel (an order|orders|your order) for (a|the) {p} (within|for) {n} (hours|days) <tail>.
(Cancelling|The cancellation of) (a {p} order|an order for a {p}) costs {n} euros <tail>.
(Customers|Buyers) have {n} (hours|days) to cancel (an order for a {p}|a {p} order) <tail>.
The cancellation (period|time) for {p}s is {n} (hours|days) <tail>.
A {p} order can be (cancelled|stopped) (within|up to) {n} (hours|days) <tail>.
We (charge|ask) {n} euros (for|when) (cancelling|you cancel) (a {p} order|an order for a {p}).
"""), _lines(phrases.CANCEL))  # fmt: skip

FAULT = Topic("fault", "device_fault", _lines("""
If (a|the|your) {p} <fault>, <remedy>.
When (a|the|your) {p} <fault>, <remedy>.
A {p} that <fault> (is|will be) (replaced|repaired|checked) (within|in) {n} days <tail>.
A {p} that <fault> must be (sent to our workshop|brought to the shop|checked) within {n} days.
For a {p} that <fault>, (call|write to|ask) (our |){x}.
"""), _without(phrases.FAULT, "repair"))  # fmt: skip

REPAIR_TIME = Topic("repair_time", "device_fault", _lines("""
(A|The) repair of a {p} takes (up to |about |){n} (days|hours) <tail>.
We repair {p}s (within|in) {n} days <tail>.
{p}s are repaired (within|in) {n} days <tail>.
{p} repairs (take|need) {n} days <tail>.
The repair time for {p}s is {n} days <tail>.
"""), _lines("""
How long does (a|the) repair of (a|the|my) {p} take?
How many days does (a|the) repair of (a|the|my) {p} take?
When will (my|the) {p} be repaired?
How long do you need to repair (a|the|my) {p}?
How fast (can|do) you repair (a|my) {p}?
"""))  # fmt: skip

REPAIR_COST = Topic("repair_cost", "device_fault", _lines("""
(A|The) repair of a {p} costs {n} euros <tail>.
We repair {p}s for {n} euros <tail>.
The (price|cost|fee) (of|for) (a|the) repair of a {p} is {n} euros <tail>.
{p} repairs cost {n} euros <tail>.
Repairing a {p} costs {n} euros <tail>.
"""), _lines("""
How much (is|does) (a|the) repair of (a|the|my) {p} (cost|)?
What does (it cost to repair|a repair of|the repair of) (a|the|my) {p} (cost|)?
What (is|are) the (price|cost|costs) (of|for) (a|the) repair of (a|my) {p}?
How much do you charge for repairing (a|the|my) {p}?
"""))  # fmt: skip

PRICE = Topic("price", "other", _lines("""
(A|The|Our) (new |)(model of the |){p} costs {n} euros <tail>.
{p}s (cost|are sold for|are available for) {n} euros <tail>.
The price (of|for) (a|the) {p} is {n} euros <tail>.
We sell {p}s for {n} euros <tail>.
You (pay|get) {n} euros for a {p} <tail>.
"""), _lines("""
How much (is|does) (a|the|your) (new |){p} (cost|)?
What (is|does) (the price of |)(a|the|your) (new |){p} (cost|)?
How many euros (is|must I pay for) (a|the) {p}?
What do (your |)({p}s|new {p}s) cost?
"""), 5, 999)  # fmt: skip

COMPLAINT = Topic("complaint", "complaint", _lines("""
Complaints are answered (within|in|after) {n} (days|hours) <tail>.
We answer (every complaint|complaints|all complaints) (within|in) {n} (days|hours) <tail>.
(Unhappy|Angry|Upset) customers (get|receive) a (voucher|gift card|discount) (of|over) {n} euros <tail>.
(A|Our) manager (calls|contacts|writes to) (unhappy|angry|upset) customers (within|in) {n} (hours|days).
Complaints go to (our |){x} <tail>.
(Please send|Send) complaints to {x} <tail>.
"""), _lines(phrases.UNHAPPY) + _lines(phrases.ANGRY) + _lines("""
I want to (complain|make a complaint).
How (can|do) I (complain|make a complaint)?
I have a complaint.
"""))  # fmt: skip

HOURS = Topic("hours", "other", _lines("""
(Our|The) (shop|store|office) is open from {n} to {n} (on weekdays|every day|from Monday to Friday|on <day>|).
We are open (on <day>|every day|on weekdays) (from|between) {n} (to|and) {n}.
(Opening|Business) hours are {n} to {n} <tail>.
The (help desk|shop|store) (opens|closes) at {n} (every day|on weekdays|on <day>|).
"""), _lines("""
What are your (opening|office|business) (hours|times)?
When (do|does) (you|your (shop|store|office)) (open|close) (on <day>|)?
(When|At what time) are you open (on <day>|)?
Are you open on (<day>|weekends)?
"""), 6, 23)  # fmt: skip

CONTACT = Topic("contact", "other", _lines("""
Questions about {p}s are answered by {x} <tail>.
{x} (answers|takes) (all |)questions about {p}s <tail>.
(Please call|Ask|Write to) {x} about {p}s <tail>.
(The|Our) (expert|contact|person) for {p}s is {x} <tail>.
"""), _lines("""
Who (answers|takes) questions about (the |){p}s?
Who (can I ask|should I call|can help me) about (a|my|the) {p}?
Who (is|knows) (the|your) (expert|contact) for {p}s?
"""))  # fmt: skip

PHONE = Topic("phone_line", "other", _lines("""
(The|Our) (phone number|number|hotline) for {p}s is {n}{n}{n} <tail>.
Call {n}{n}{n} for help with (a|your) {p} <tail>.
{p} support (has the number|is at|can be called at) {n}{n}{n} <tail>.
"""), _lines("""
What is the (phone |)number (for|of) (the |)(help with my {p}|{p} support|{p}s)?
Which number (can|should) I call (for|about) (my|the|a) {p}?
(How|Where) can I call (you |)about (my|the|a) {p}?
"""))  # fmt: skip

WEIGHT = Topic("weight", "other", _lines("""
(The|A|Our) {p} weighs {n} (grams|kilos) <tail>.
{p}s (weigh|have a weight of) {n} (grams|kilos) <tail>.
The weight of (the|a) {p} is {n} (grams|kilos) <tail>.
"""), _lines("""
How heavy is (the|a|your) {p}?
What does (the|a|your) {p} weigh?
What is the weight of (the|a|your) {p}?
"""), 2, 999)  # fmt: skip

BATTERY = Topic("battery", "other", _lines("""
The battery of (the|a) {p} (lasts|works|runs for) {n} hours <tail>.
(The|A) {p} (runs|works|plays) (for |){n} hours (without charging|on one charge|on battery).
{p} batteries (last|hold) {n} hours <tail>.
Charging (the|a) {p} takes {n} (minutes|hours) <tail>.
"""), _lines("""
How long does the battery of (the|a|my) {p} last?
How many hours does (the|a|my) {p} (run|work) (without charging|on battery|on one charge)?
How good is the battery of (the|a|your) {p}?
"""))  # fmt: skip

STOCK = Topic("stock", "other", _lines("""
We have {n} {p}s in (stock|our store|our warehouse) <tail>.
(There are|Only|About) {n} {p}s are (left|in stock|available) <tail>.
New {p}s (come|arrive|are expected) in {n} (days|weeks) <tail>.
{p}s are (sold out|not available) until (<month>|<day>|the <ordinal> of <month>).
"""), _lines("""
(Do you have|Are there) (any |)(new |){p}s (in stock|left|available)?
How many {p}s (do you have|are (left|in stock|available))?
(Are|When are) {p}s available (again|)?
"""))  # fmt: skip

DISCOUNT = Topic("discount", "other", _lines("""
(Students|Teachers|Companies|Regular customers) (get|receive) {n} percent off {p}s <tail>.
The discount (on|for) {p}s is {n} percent <tail>.
We give (a discount of |){n} percent (off|on) {p}s <tail>.
{p}s are {n} (percent|euros) cheaper (for (students|companies)|this week|in <month>|).
"""), _lines("""
(Is there|Do you (have|give)) a discount (on|for) {p}s?
How (much|big) is the discount (on|for) (a |){p}s?
(Are|Do) {p}s (get|have) (a discount|cheaper)?
Do (students|teachers|companies|regular customers) get a discount on {p}s?
"""))  # fmt: skip

TOPICS: tuple[Topic, ...] = (
    REFUND, RETURN, WARRANTY, DELIVERY_TIME, DELIVERY_COST, INVOICE, PAYMENT, CANCELLATION, FAULT,
    REPAIR_TIME, REPAIR_COST, PRICE, COMPLAINT, HOURS, CONTACT, PHONE, WEIGHT, BATTERY, STOCK,
    DISCOUNT,
)  # fmt: skip

ORDER_FACTS = _lines("""
Order {o} for a {p} (was|has been) (shipped|delivered|paid|packed|returned|cancelled|sent|refunded|repaired) on {d}.
Order {o} for a {p} (was|has been) (shipped|delivered|paid|packed|returned|cancelled|sent|refunded|repaired) on {d}.
Order {o} for a {p} will (arrive|be delivered|be shipped|be sent|be ready|be repaired) on {d}.
Order {o} for a {p} is (delayed until|expected on|in the workshop until|on its way since) {d}.
Order {o}: {p}, (shipped|delivered|paid|packed|returned|cancelled|refunded|sent) on {d}.
The {p} of order {o} (was|will be) (shipped|delivered|sent|repaired) on {d}.
""")  # fmt: skip

NOISE = _lines("""
Our team is (always |)(happy|glad|ready) to help <tail>.
Please keep the (box|receipt|invoice|cable) (of your {p}|).
This (rule|page|text|document) (was|is) (changed|updated|checked) (in <month>|every year|on <day>).
(Lindwell|Our company) sells {p}s (and (other|many) (devices|products)|).
(Many|Most) customers (like|love|use) (our|the) {p}s.
The {p} (is|was) (tested|made|designed) by {x}.
(You find|There is|We have) more (about {p}s |)(on our website|in our shop|in the manual).
Please (have|keep) your (order number|customer number) ready.
The {p} comes in (black|white|blue|red|green|grey|two colors).
(Always|Never|Please) (switch off|unplug|clean) (the|your) {p} (before (a repair|moving it)|with water|at night|).
{x} (is|works) in our (shop|office|team) (since <month>|on <day>|).
The {p} has a (button|light|cable|screen|fan) (on the (left|right|back)|).
All prices include tax.
The customer (likes|prefers) (email|phone calls|letters).
""")  # fmt: skip

PARTS = {
    "tail": "|||||||after (we receive the box|purchase|the return|the order|your call)|by (bank transfer|card|email|post)|from the day of (purchase|delivery)|for (all|new|regular) customers|in (every country|our shops|most cases|<month>)|on working days|at no extra cost|without the box|if (the box is complete|you have the receipt)|unless (it|the box) is damaged|since <month>",
    "remedy": "(hold|press) the (power |reset |)button for {n} (seconds|minutes)|(charge|unplug) it for {n} (minutes|hours)|(wait|let it rest for) {n} (minutes|seconds|hours)|install (update|version|driver) {n}|(call|write to|ask) {x}|use (cable|menu|mode|port) {n}|we (replace|repair) it (within|in) {n} days|bring it to (our shop|{x}) within {n} days|clean it (and|, then) wait {n} minutes|choose menu {n} and then (reset|update|restart)|a repair costs {n} euros",
}
