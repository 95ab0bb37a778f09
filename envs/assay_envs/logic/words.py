"""Common English words of five letters, chosen and typed for ``logic/hidden_word``.

No names, no plurals in s, nothing rude; British and American spelling as they came to mind. The
list is what a hidden word is drawn from, not what a guess may be.
"""

from __future__ import annotations

_TYPED = """
about above abuse actor acute admit adopt adult after again agent agree ahead alarm album alert
alike alive allow alone along alter among angel anger angle angry ankle apart apple apply apron
arena argue arise armor aroma array arrow aside asset atlas attic audio audit avoid awake award
aware awful bacon badge badly bagel baker basic basil basin basis batch beach beard beast began
begin being belly below bench berry birth black blade blame blank blast blaze bleak blend bless
blind blink block bloom blown board boast bonus boost booth bound brain brake brand brass brave
bread break breed brick bride brief bring brisk broad broke brook broom broth brown brush build
built bunch burst buyer cabin cable camel canal candy cargo carry carve catch cause cedar chain
chair chalk charm chart chase cheap check cheek cheer chess chest chick chief child chill choir
chord chose chunk cider cigar civic civil claim clamp clash class clean clear clerk click cliff
climb cling clock close cloth cloud clown coach coast cocoa color comet comic coral couch cough
could count court cover crack craft crane crash crawl crazy cream creek creep crest crime crisp
cross crowd crown crumb crush crust curve cycle daily dairy daisy dance dealt death debut decay
delay dense depth diary diner dirty ditch diver dizzy dodge doing donor doubt dough dozen draft
drain drama drank drawn dream dress dried drift drill drink drive drove dryer dusty dwarf dwell
eager eagle early earth easel eaten ebony eight elbow elder elect elite empty enemy enjoy enter
entry envoy equal equip erase error essay evade event every exact exile exist extra fable faint
fairy faith false fancy fatal fault favor feast fence ferry fetch fever fiber field fiery fifth
fifty fight final first flake flame flash flask fleet flesh float flock flood floor flour fluid
flute focus foggy force forge forth forty forum found frame fresh fried front frost frown froze
fruit fudge fully funny gauge genre ghost giant given glass gleam glide globe gloom glory glove
going grace grade grain grand grant grape graph grasp grass grave gravy great greed green greet
grief grill grind groan group grove grown guard guess guest guide guild guilt habit handy happy
harsh haste hatch haunt haven hazel heart heavy hedge hello hence hinge hobby honey honor horse
hotel hound house hover human humor hurry ideal image imply inbox index inlet inner input irony
issue ivory jelly jewel joint jolly judge juice juicy jumbo kayak kiosk kneel knife knock known
koala label labor lance large laser latch later laugh layer learn lease least leave ledge legal
lemon level lever light lilac limit linen liver lobby local lodge logic loose lorry lotus lover
lower loyal lucky lunar lunch lyric macro magic major maker mango manor maple march marsh mason
match maybe mayor meant medal media melon mercy merge merit merry metal meter midst might miner
minor minus mixed mixer model moist money month moose moral motor motto mound mount mouse mouth
mover movie muddy mural music naive nasty naval nerve never newly niece night ninth noble noise
noisy north notch novel nudge nurse nylon oasis occur ocean offer often olive onion onset opera
orbit order organ other otter ought ounce outer owner oxide ozone paint panda panel panic paper
party pasta paste patch pause peace peach pearl pedal penny perch peril phase phone photo piano
piece pilot pinch pitch pixel pizza place plain plane plank plant plate plaza plead pluck plumb
point polar porch pound power press price pride prime print prior prize probe prone proof proud
prove proxy pulse punch pupil puppy purse quack quail queen query quest quick quiet quilt quite
quota quote radar radio rainy raise rally ranch range rapid ratio raven razor reach react ready
realm rebel refer reign relax relay reply reset rider ridge rifle right rigid risky rival river
roast robin robot rocky rough round route royal rugby ruler rumor rural rusty saint salad salon
salsa salty sandy satin sauce scale scarf scary scene scent scoop scope score scout scrap screw
sedan seize sense serve seven shade shady shaft shake shall shame shape share shark sharp shawl
sheep sheet shelf shell shift shine shiny shirt shock shore short shout shown shrub siege sight
silky silly since siren skate skill skirt skull slate sleep sleet slice slide slope small smart
smell smile smoke snack snail snake sneak solar solid solve sonic sorry sound south space spare
spark speak spear speed spell spend spent spice spicy spike spill spine spoke spoon sport spray
squad stack staff stage stain stair stake stale stalk stall stamp stand stare start state steal
steam steel steep stern stick stiff still sting stock stone stood stool storm story stove strap
straw strip study stuff style sugar suite sunny super surge swamp swarm sweat sweep sweet swept
swift swing sword syrup table taken talon tango taste teach tempo tenor tense tenth thank theft
their theme there thick thief thing think third thorn those three threw throw thumb tiger tight
timer title toast today token tonic tooth topic torch total touch tough towel tower track trade
trail train trait trash treat trend trial tribe trick troop truck truly trunk trust truth tulip
tunic tutor twice twist ultra uncle under union unite unity until upper upset urban usage usher
usual utter vague valid value valve vapor vault venue verse video vigor villa vinyl viola viral
virus visit vital vivid vocal vogue voice voter vowel wafer wagon waist waste watch water weary
weave wedge weigh weird whale wharf wheat wheel where which while white whole whose widen widow
width wince witch woman world worry worse worst worth would wound woven wrist write wrong wrote
yacht yeast yield young youth zebra zesty
"""

WORDS = tuple(_TYPED.split())
