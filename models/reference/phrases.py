"""What callers say: a small grammar of everyday service English.

A line may hold ``(a|b|)`` for a choice, ``<name>`` for another entry, and the slots ``{p}`` (the
product) and ``{o}`` (the order number, spelled digit by digit).
"""

from __future__ import annotations

GREETINGS = """
Hello.
Hi.
Hi there.
Hello there.
Good (morning|afternoon|evening|day).
(Hello|Hi|Good morning|Good afternoon|Good evening), this is <name>.
(Hello|Hi|Good morning|Good evening), my name is <name>.
My name is <name>.
I am calling (about|because of) my {p}.
I (hope|think) you can help me.
I have a (quick |short |simple |)question (for you|).
Can (you|somebody|someone|anyone) (please |)help me?
I need (some |your |a little |)help (please|today|).
Excuse me.
Thank you for (taking|answering) my call.
"""

THANKS = """
Thank you.
Thanks.
Thank you (very|so) much.
Thanks a lot.
Many thanks.
Thank you for your (help|time|support|patience|answer).
Thanks for (your|the) (help|time|support).
Please help me.
Please (call|write) me back (soon|today|tomorrow|<day>|).
Please (let me know|tell me|answer soon|send me an (email|answer)).
I (look forward to|am waiting for) your (answer|reply|call).
Have a (nice|good|great) (day|week|weekend|evening).
That (would be|is) (great|very kind|all|all for now).
Goodbye.
Bye.
"""

UNHAPPY = """
I am (very |really |quite |so |not at all |)(unhappy|disappointed|upset|frustrated|sad) with (your|the) (service|company|support|work).
I am not (happy|satisfied|pleased) (at all|with this|with your (service|support|answer)|).
This is (very |really |so |)(annoying|disappointing|frustrating|bad|poor|slow|sad).
This is not (good enough|what I (expected|paid for|ordered)|acceptable|right|fair).
I expected (much |)(better|more) from (you|your company).
I have (already |)(waited|been waiting) (for |)(too long|far too long|<weeks>).
(Nobody|No one) (answers|answered|returned|picks up) (my (calls|call|email|letters|message)|the phone).
I have (called|written|asked) (twice|three times|many times|again and again) (already|).
Your (service|support|help desk|delivery|staff) is (very |really |)(bad|slow|poor|rude).
I (feel|am) (let down|ignored|very upset).
The (quality|service|support|answer) (is|was) (poor|bad|very bad|a disappointment).
It is a (bad|very bad|sad) experience.
I am losing (my |)patience.
Your (driver|agent|technician|staff) was (rude|unfriendly|impolite|late|not helpful).
"""

ANGRY = """
I am (very |really |extremely |so |)(angry|furious) (about this|with you|now|).
This is (a (disgrace|scandal|shame|disaster|joke)|terrible|awful|horrible|outrageous|unacceptable|ridiculous).
Your (service|company|support) is (terrible|awful|horrible|the worst|a joke|a disaster).
I will never (buy|order) (anything |)from you again.
I want to (speak|talk) to (your|the|a) (manager|boss|supervisor) (now|immediately|at once).
I (hate|cannot stand) this (company|service|{p}).
I am (sick|tired) of (this|waiting|your excuses).
You have (wasted|stolen) my (time|money).
This is the worst (service|support|company) I have ever (seen|had).
I will (call|talk to) my lawyer.
(Never|I will never trust you) again!
How dare you (treat me like this|ignore me)?
"""

PRAISE = """
Your (service|support|team) is (great|excellent|wonderful|very good|fantastic).
I am (very |really |)(happy|pleased|satisfied) with (my {p}|your service|everything).
The {p} is (great|excellent|wonderful|perfect|lovely).
I (love|really like) (my|the|this) (new |){p}.
Everything (is perfect|went very well|was great).
You (were|are) (very|so) (kind|helpful|friendly).
"""

WHEN = """
since <since>
since <since>
for <weeks>
"""

REFUND = """
When (do|will|can) I (get|receive|have) (my|the|a) (refund|money) (back |)for (the|my) {p}?
When (do|will) I get my money back (for the {p}|)?
(I want|I would like|I need|I am asking for|I would like to ask for) (a refund|my money back|my money) for (my|the|this) {p}.
How long does (a|the|my) refund (for (a|the|my) {p} |)take?
How many days does (a|the) refund for (a|the|my) {p} take?
Can I (return|send back|give back) (my|the|this) {p} (and get my money back|for a refund|and get a refund)?
I (returned|sent back|brought back) (my|the) {p} (<past>|) (and|but) (I |)(am (still |)waiting for|have not (received|seen|got)) (my|the) (refund|money).
I want to (return|send back) (my|the) {p}.
I (still |)(wait|am waiting) for (my|the) refund.
(Where|What happened to|What) is (my|the) refund (for the {p}|)?
(Has|Was) my refund (for the {p} |)(been |)(paid|sent|approved) (yet|)?
(Please|Can you please|Could you) (refund|pay back|return) (the money for |the price of |)(my|the) {p}(|?)
How (do|can) I (get|claim|ask for) (a refund|my money back) for (a|my|the) {p}?
You (owe|promised) me (a refund|my money) for (the|my) {p}.
My {p} was returned (<past>|) and the (money|refund) (is missing|has not arrived|did not come).
What is (your|the) refund (policy|period|rule) for {p}s?
How long do I have to return (a|my|the) {p}?
Do you (pay|give|offer) refunds for {p}s?
"""

ORDER_STATUS = """
Where is my (order|package|parcel|{p}|new {p})?
What is the (status|state) of my order?
When (will|does) my (order|package|parcel|{p}|new {p}) (arrive|come|get here)?
(Has|Was) my (order|package|parcel|{p}) (been |)(sent|shipped|posted|packed) (already|yet|)?
I (ordered|bought) a (new |){p} (<past>|) (and|but) it (has not arrived|is not here|did not come) (yet|).
My (order|package|parcel|{p}) (has not|did not) (arrived|come) (yet|).
My (order|package|parcel) (is|seems) (late|lost|delayed|missing).
(Can|Could|Would) you (please |)(check|look up|track|find) (the status of |)my order?
I (want|would like) to (know|ask) (where my (order|package|{p}) is|when my (order|{p}) (arrives|comes|will arrive)).
I am (still |)waiting for my (order|package|parcel|{p}|new {p}).
The (tracking|website) (says|shows) nothing about my (order|package|parcel).
How is my order (doing|coming along)?
Is my (order|{p}) on (the|its) way?
When (did|will) you (send|ship) my (order|{p}|package)?
What happened to my (order|package|parcel)?
Did you (receive|get|confirm) my order (for the {p}|)?
I have not (heard|received) anything about my order (<when>|).
My order for a {p} was (due|planned|promised) for <day>.
Where is order {o}?
What is the status of order (number |){o}?
When will order (number |){o} (arrive|be shipped|be here)?
(Please|Can you) check order (number |){o}(|?)
"""

FAULT = """
My (new |old |){p} <fault> (<when>|).
My (new |old |){p} <fault> (<when>|).
My (new |old |){p} <fault> (<when>|).
The (new |){p} <fault> (<when>|).
<When> my {p} <fault>.
I have a problem with my (new |){p}, it <fault>.
There is (a problem|something wrong|a fault) with my (new |){p}.
(Something|What) is wrong with my {p}(|?)
I (cannot|am not able to) (use|start|connect|set up|turn on|install) my (new |){p} (<when>|).
My {p} (stopped|quit) (working|suddenly) (<past>|).
Why does my {p} (not (work|start)|stop all the time|make (that|this) noise|get so hot)?
How (do|can) I (repair|fix|reset|restart) my {p}?
What (can|should|must) I do when (my|the) {p} <fault>?
I (tried|have tried) (to restart|restarting|everything with) (the|my) {p}, but it <fault>.
My {p} (fell|dropped) (down|on the floor|from the table) and (now |)it <fault>.
After the (update|storm|move|repair) my {p} <fault>.
(Can|Could) (you|somebody|a technician) (repair|fix|look at|check) my {p}?
The (screen|cable|button|power supply|battery|light|case) of my {p} is (broken|damaged|loose|dead|cracked|red).
"""

WARRANTY = """
How long is the warranty (for|of|on) (a|the|my) {p}?
(Is|Do I still have) (my {p} (still |)(under|covered by)|a) warranty (for my {p}|) (|?)
Does the warranty (cover|include) (my {p}|the {p}|the battery|water damage|a broken screen|the (cable|repair|screen))?
When does the warranty (of|for|on) my {p} (end|expire|run out)?
What does the warranty (of|for|on) (a|the|my) {p} (cover|include)?
(I want|I would like) to (use|extend|check|register) the warranty (of|for|on) my {p}.
How (do|can) I (extend|use|claim|register) the warranty (of|for|on) my {p}?
Is (the repair|this|my {p}) (free|covered|paid) under (the |)warranty?
My {p} is <age> old, (is there still a|does it still have a) warranty?
How many (years|months) of warranty (do|does) (I|a {p}) (have|get) (for my {p}|)?
(Do you give|Is there) a (guarantee|warranty) (on|for) {p}s?
I (bought|got) (my|the) {p} (<past>|<age> ago), do I (still |)have (a |)(warranty|guarantee)?
What (is|are) the warranty (period|terms|conditions) (for|of) {p}s?
I have a question about the warranty (of|for|on) my {p}.
How long is the guarantee (for|on) (a|my|the) {p}?
"""

DELIVERY = """
How (long|many days) does (delivery|shipping|the delivery) (of|for) (a|the) {p} take?
How much (is|does|do you charge for) (the delivery|delivery|shipping) (of|for) (a|the) {p}(cost|)?
What does (delivery|shipping|express delivery) (of|for) (a|the) {p} cost?
What (is|are) the (delivery|shipping) (cost|costs|price|fee|time) (for|of) (a|the) {p}?
Do you (deliver|ship) (on (Saturdays|Sundays|<day>|weekends)|abroad|to (islands|other countries|my office|a parcel shop|my neighbor))?
(Can|Could) you deliver (the|a|my) {p} (to (another|a different|my new|my work) address|to my (office|neighbor)|in the evening|on <day>|next week|faster)?
I (want|need|would like) to change (the|my) delivery (address|date|day|time).
Is (delivery|shipping|express delivery) (for|of) (a|the) {p} free?
(Do|Can) you (offer|have|do) (express|same day|fast|next day) delivery for (a |)({p}|{p}s)?
How fast can you (deliver|send|ship) a {p}?
At what time (do you|does the driver) deliver?
(Which|What) (company|carrier|service) delivers (the|your) {p}s?
(Can|May) I (pick up|collect) the {p} (in|at|from) (your|the) (shop|store|office)?
I will not be at home on <day>, (can you deliver|please deliver) (later|on <day>|to my neighbor).
What are your delivery (times|days|costs|options) for (a {p}|{p}s)?
"""

INVOICE = """
(I need|Please send me|Can I (have|get)|I would like|Could you send me) (a copy of |)(the|my|an) (invoice|bill|receipt) for (the|my) {p}(|?)
I (have not|did not|never) (received|receive|got|get|see) (my|the|an) (invoice|bill|receipt) (for the {p}|).
(The|My) (invoice|bill) (for the {p} |)is (wrong|not correct|too high|missing|incorrect).
(There is|I found|You made) (a mistake|an error) (on|in) (my|the) (invoice|bill) (for the {p}|).
Where (can I (find|download|see)|is) (my|the) (invoice|bill|receipt) (for the {p}|)?
(Why|How) (is|was) (the amount|the total|the price) on (my|the) (invoice|bill) (so high|different|wrong|calculated)?
(I was|You) charged (me |)(twice|two times|too much|<euros> too much) (for the {p}|).
How (can|do|must|should) I pay (my|the) (invoice|bill) (for the {p}|)?
When (must|do) I (have to |)pay (the|my) (invoice|bill) (for the {p}|)?
(Please|Can you) (change|correct) the (name|address|amount|tax number) on (my|the) (invoice|bill) (|?)
I (paid|have paid) (the|my) (invoice|bill) (<past>|already|twice).
(I have|There is) a question about (my|the) (invoice|bill|last invoice|last bill) (for the {p}|).
My invoice (says|shows) <euros>, but the {p} (costs|cost|was) <euros>.
Can you (send|email|mail) (me |)the invoice (again|by email|to my company|for my taxes)?
How long do I have to pay (my|an|the) invoice?
"""

CANCEL = """
(I want|I would like|I need|I wish|I have decided) to cancel (my|the) (order|order for the {p}|{p} order).
(Please|Can you please|Could you|Can you) cancel (my|the) (order|order for the {p}|{p} order) (|?)
(Please|Can you) cancel order (number |){o}(|?)
How (can|do) I cancel (my|an|the) (order|order for a {p})?
(Can|May) I (still |)cancel (my|the|an) (order|order for the {p})?
I (do not|no longer) (want|need) the {p} (anymore|any more|), please (cancel|stop) (it|the order).
I ordered (the wrong|a second|another) {p} (by mistake|) and (want|would like|need) to cancel (it|the order).
(Please stop|Stop|I want to stop) (my|the) order (for the {p}|).
Is it (possible|too late) to cancel (my|the|an) (order|order for a {p})?
I changed my mind about the {p}, please cancel (it|the order|my order).
Until when can I cancel (my|an|the) (order|order for a {p})?
How (long|many (hours|days)) (do I have|have I got) to cancel an order?
What does (it cost|a cancellation cost) (to cancel an order|)?
I found a (cheaper|better) {p} and (want|would like) to cancel (my|the) order.
I (want|would like|have) to cancel (my contract|the repair|my subscription|the delivery of the {p}).
"""

OTHER = """
What are your (opening|office|business) (hours|times)?
When (do you|does your (shop|store|office)) (open|close) on <day>?
Are you open on (<day>|weekends|Christmas)?
Where is your (nearest |)(shop|store|office)?
(How|Where) can I (reach|contact|find|visit) (you|your (office|shop|sales team|manager))?
What is your (phone number|address|email address)?
(I want|I would like|I need) to change my (password|name|email address|phone number|address|account).
I (forgot|lost|cannot remember) my (password|account|customer number|login).
Do you (sell|have|stock|repair) (used |cheap |black |white |small |large |wireless |){p}s?
(Which|What) {p} (do you recommend|is the best|is good for (a student|an office|my mother|children|music|school))?
How much (is|does) (a|the|your (best|cheapest)) {p} (cost|)?
(I want|I would like) to (buy|order) (a|a new|two|three|another) {p}(s|).
Do you have (a discount|special offers|gift cards|any jobs) (for (students|teachers|companies)|)?
(Can|May) I (speak|talk) to (a person|somebody|someone|a human|sales)?
How do I (connect|pair) (a|my|the) {p} (to|with) (my|a) (laptop|phone|tablet|television|computer)?
Do your {p}s (work|come) with (a cable|a battery|Windows|an adapter)?
What (colors|sizes|models) do you have?
(I want|I would like) to (delete|close|open|create) (my|an) account.
Can I pay (with a credit card|by card|in cash|in two months|by bank transfer)?
What can you (do|help me with)?
Who (are you|am I talking to)?
"""

ORDER = """
My order number is {o}.
My order number is {o}.
My order number is {o}.
The order number is {o}.
(My|The) order is (number |){o}.
It is (order |)(number |){o}.
(It|This) is about order (number |){o}.
The number (of my order |)is {o}.
Order (number |){o}.
I (have|am calling about) (the |)order (number |){o}.
The number on the (invoice|box|package|email) is {o}.
"""

DETAIL = """
I (bought|ordered|got) it <past>.
I (bought|got) the {p} <past> (in your (shop|store)|on your website|online|).
I paid <euros> (for it|by card|for the {p}|).
It (was|is) a (gift|present) for my (mother|father|wife|husband|son|daughter|friend|brother|sister|boss).
I need (it|the {p}) for (work|school|my office|my job|a meeting|my family|a trip) (on <day>|next week|tomorrow|).
My customer number is <customer>.
I live in (a small town|the city|another country|the north|the south|a village).
I (am|work) (at home|in the office) (all day|until <clock>|on <day>|every day).
You can (call|reach) me (on <day>|after <clock>|in the (morning|afternoon|evening)|any time).
It is (very |really |quite |)(important|urgent) (for me|).
I (called|wrote to you|sent an email|visited your shop) <past>.
I am a (new|loyal|regular|good) customer.
I have the (receipt|box|invoice|cable|email) (here|in front of me|at home).
The (light|lamp) (is|blinks|turns) (red|green|orange|blue|yellow|off).
I (already |)(restarted|checked|cleaned|unplugged|reset) it (twice|three times|again|).
(We|I) have (two|three|four|five|six|seven|ten) of (them|these).
It (was|cost) <euros>.
My (wife|husband|son|daughter|mother|colleague) (uses|needs) it every day.
"""

PARTS = """
name: <first> <last>
since: <day>|<day>|<day>|last <day>|yesterday|this morning|last week|last month|<month>|the <ordinal> of <month>|two days|the (weekend|update|move|last update)
past: on <day>|last <day>|yesterday|this morning|last week|last month|in <month>|on the <ordinal> of <month>|<weeks> ago|today|two days ago|last year
weeks: (two|three|four|five|six|eight|ten) (days|weeks)|a (week|month|long time|few days)|(two|three|six) months|an hour|<small> (days|weeks)
age: (one|a) (year|month)|(two|three|four|<small>) (years|months|weeks)|half a year
euros: <amount> euros
clock: (seven|eight|nine|ten|eleven|twelve|one|two|three|four|five|six) o'clock|noon
When: Since <since>|Every (day|morning|evening|hour)|(Sometimes|Often|Again and again|From time to time)
"""

COMMON_FAULTS = """
does not start
does not start
does not turn on
does not work
does not work anymore
does not turn off
is broken
is dead
is (very |too |)slow
is (very |too |)loud
gets (very |too |)hot
has no power
makes a (strange|loud|terrible|clicking) noise
stopped working
turns (itself |)off (all the time|after <small> minutes|again and again)
restarts (every hour|all the time|by itself)
does not (respond|react) (at all|)
smells (strange|burnt|of smoke)
shows an error (message|code|)
blinks red
will not (start|update|connect)
is damaged
arrived (broken|damaged)
crashes (every day|all the time)
"""

FAULTS = """
router: has no (signal|connection|internet)|loses the (connection|signal|network) (every evening|all the time|)|does not connect to the internet|does not find the network|has (a very weak|no) wireless signal
laptop: does not charge|has a (black|blue|broken|white) screen|freezes (every hour|all the time|)|does not find the wireless network|has a dead battery|does not wake up|does not boot
printer: does not print (at all|in color|anything|)|prints (only |)(empty|blank|black|striped) pages|has a paper jam|does not (scan|copy)|does not take the paper|does not find the (ink|laptop|cartridge)|prints very slowly
tablet: does not charge|has a (cracked|black|dark|broken) screen|does not react to touch|freezes (all the time|)|does not hold its charge
headset: has no sound|has no sound on the (left|right) side|does not pair (with my (phone|laptop)|)|has a broken microphone|crackles|hurts my ears|does not charge
monitor: stays (black|dark)|flickers (all the time|)|shows no (picture|image)|has (lines|stripes|a dead pixel) on the screen|shows the wrong colors
phone: does not charge|does not ring|has no (signal|sound|network)|has a (cracked|black|broken) screen|does not make calls|loses its battery (very |too |)quickly|does not read the card
webcam: shows no (picture|image|video)|is not (found|recognized) by my laptop|has a (blurred|dark|green|bad) picture|freezes during meetings|has no focus
keyboard: does not type|types the wrong (letters|language)|has (a stuck|a missing|two broken) (key|keys|button)|does not connect|loses letters
speaker: has no sound|crackles|does not play (music|anything|)|does not (pair|connect) (with|to) my (phone|laptop|tablet)|is too quiet|has no bass
"""

CONTRACTIONS: tuple[tuple[str, str], ...] = (
    ("do not", "don't"), ("does not", "doesn't"), ("did not", "didn't"), ("is not", "isn't"),
    ("cannot", "can't"), ("will not", "won't"), ("has not", "hasn't"), ("have not", "haven't"),
    ("I am", "I'm"), ("I have", "I've"), ("I would", "I'd"), ("I will", "I'll"),
    ("It is", "It's"), ("it is", "it's"), ("What is", "What's"), ("That is", "That's"),
    ("Where is", "Where's"), ("There is", "There's"), ("was not", "wasn't"),
)  # fmt: skip
