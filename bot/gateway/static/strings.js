// Every word of the interface, in English and Hindi, and the switch between them.

const ENGLISH = {
  title: "Card support",
  online: "Online",
  connecting: "Connecting…",
  offline: "Offline",
  crowded: "One moment…",
  ended: "Chat ended",
  switchLanguage: "हिन्दी",
  endChat: "End chat",
  minimise: "Minimise chat",
  open: "Chat with us",
  openUnread: "Chat with us, {n} new",
  conversation: "Conversation",
  welcomeTitle: "How can we help with your card?",
  welcomeText: "Ask in your own words, in English, Hindi or Hinglish.",
  suggestBalance: "What’s my balance?",
  suggestEmail: "Change my e-mail",
  suggestMobile: "Change my mobile number",
  suggestLost: "I lost my card",
  suggestHuman: "Talk to a person",
  messageLabel: "Your message",
  messageHint: "Write a message…",
  messageLater: "You can write as soon as the chat opens.",
  send: "Send",
  tooLong: "That is {n} characters too long. Please shorten it.",
  left: "{n} characters left",
  wholeCard: "That looks like a full card number, so it was not sent. We never need it. Please send only the last four digits.",
  yousaid: "You said:",
  botsaid: "Card support said:",
  agentsaid: "Agent said:",
  agent: "Agent",
  typing: "Card support is typing",
  newMessages: "New messages",
  sending: "Sending…",
  waiting: "Waiting for connection",
  soon: "Sending again in a moment",
  notSent: "Not sent.",
  tryAgain: "Try again",
  edit: "Edit",
  enterAgain: "Enter again",
  failedText: "Something went wrong on our side. Please try again.",
  detailsSent: "Details sent securely",
  sealedFour: "4 digits",
  sealedExpiry: "month and year",
  sealedDate: "date",
  sealedPhone: "phone number",
  sealedEmail: "e-mail",
  sealedNumber: "number",
  sealedDetails: "details",
  oldButton: "an earlier button",
  choices: "Choices",
  cardTitle: "Confirm it’s you",
  cardWhy: "We check these against your card so that only you can see or change your account. They are encrypted and are not kept in this chat.",
  lastFour: "Last 4 digits of your card",
  lastFourHint: "As printed on the card",
  expiry: "Valid thru",
  expiryHint: "MM/YY",
  dob: "Date of birth",
  dobHint: "DD-MM-YYYY",
  lastFourNeeded: "Please enter the last four digits of your card.",
  lastFourShort: "We need four digits: the last ones on your card.",
  lastFourLong: "Only the last four digits, please, not the whole number.",
  lastFourKept: "We only need the last four, so we kept just those.",
  expiryNeeded: "Please enter the month and year printed on your card.",
  expiryShort: "Please enter month and year, like 08/27.",
  expiryMonth: "The month should be between 01 and 12.",
  dobNeeded: "Please enter your date of birth.",
  dobShort: "Please enter day, month and year, like 11-07-1993.",
  dobDate: "That day isn’t in the calendar. Please check it.",
  dobFuture: "That date is still to come. Please check the year.",
  dobYear: "Please check the year.",
  detailsSend: "Send securely",
  detailsSkip: "Type in the chat instead",
  detailsUsed: "Form closed",
  privacyMore: "How we protect your details",
  privacy: "Privacy",
  neverShare: "Never share PIN, CVV or OTP",
  call: "Call {phone}",
  offlineBanner: "You’re offline. Messages will go out when you’re back.",
  reconnecting: "Connection lost. Trying again…",
  crowdedText: "Many people are starting a chat just now.",
  crowdedWait: "The chat opens by itself as soon as there is room.",
  newTalk: "Your earlier chat was closed to keep it safe. This is a new one.",
  endTitle: "End this chat?",
  endText: "You’ll be signed out and this conversation will leave the screen.",
  endYes: "End chat",
  endNo: "Keep chatting",
  endedTitle: "This chat has ended",
  endedText: "You’re signed out, and nothing of it stays on this screen.",
  endFailed: "We cleared this screen but couldn’t reach card support to close the chat there.",
  endRetry: "Try to close it again",
  startNew: "Start a new chat",
  unnamedSandbox: "Sandbox: pretend money. No real details, please.",
};

const HINDI = {
  title: "कार्ड सहायता",
  online: "ऑनलाइन",
  connecting: "जुड़ रहे हैं…",
  offline: "ऑफ़लाइन",
  crowded: "एक क्षण…",
  ended: "चैट समाप्त",
  switchLanguage: "English",
  endChat: "समाप्त करें",
  minimise: "चैट छोटा करें",
  open: "हमसे चैट करें",
  openUnread: "हमसे चैट करें, {n} नए संदेश",
  conversation: "बातचीत",
  welcomeTitle: "आपके कार्ड के बारे में क्या मदद करें?",
  welcomeText: "अपने शब्दों में पूछिए: हिन्दी, अंग्रेज़ी या Hinglish में।",
  suggestBalance: "मेरा बैलेंस कितना है?",
  suggestEmail: "मेरा ई-मेल बदलें",
  suggestMobile: "मेरा मोबाइल नंबर बदलें",
  suggestLost: "मेरा कार्ड खो गया है",
  suggestHuman: "किसी व्यक्ति से बात करनी है",
  messageLabel: "आपका संदेश",
  messageHint: "संदेश लिखें…",
  messageLater: "जैसे ही चैट खुलेगी, आप लिख सकेंगे।",
  send: "भेजें",
  tooLong: "संदेश {n} अक्षर ज़्यादा लंबा है। कृपया छोटा करें।",
  left: "{n} अक्षर बचे हैं",
  wholeCard: "यह पूरा कार्ड नंबर लगता है, इसलिए इसे नहीं भेजा गया। हमें इसकी ज़रूरत कभी नहीं होती। कृपया केवल आख़िरी चार अंक भेजें।",
  yousaid: "आपने कहा:",
  botsaid: "कार्ड सहायता ने कहा:",
  agentsaid: "एजेंट ने कहा:",
  agent: "एजेंट",
  typing: "कार्ड सहायता लिख रही है",
  newMessages: "नए संदेश",
  sending: "भेजा जा रहा है…",
  waiting: "कनेक्शन का इंतज़ार",
  soon: "थोड़ी देर में फिर भेजा जाएगा",
  notSent: "नहीं भेजा गया।",
  tryAgain: "फिर कोशिश करें",
  edit: "बदलें",
  enterAgain: "फिर से भरें",
  failedText: "हमारी ओर से कुछ गड़बड़ हुई। कृपया फिर कोशिश करें।",
  detailsSent: "जानकारी सुरक्षित भेज दी गई",
  sealedFour: "4 अंक",
  sealedExpiry: "महीना और साल",
  sealedDate: "तारीख़",
  sealedPhone: "फ़ोन नंबर",
  sealedEmail: "ई-मेल",
  sealedNumber: "नंबर",
  sealedDetails: "जानकारी",
  oldButton: "पहले का बटन",
  choices: "विकल्प",
  cardTitle: "पुष्टि करें कि यह आप ही हैं",
  cardWhy: "हम इन्हें आपके कार्ड से मिलाते हैं, ताकि आपका खाता केवल आप ही देख और बदल सकें। ये एन्क्रिप्ट होकर जाते हैं और इस चैट में नहीं रखे जाते।",
  lastFour: "कार्ड के आख़िरी 4 अंक",
  lastFourHint: "जैसा कार्ड पर छपा है",
  expiry: "वैधता (Valid thru)",
  expiryHint: "MM/YY",
  dob: "जन्म तिथि",
  dobHint: "DD-MM-YYYY",
  lastFourNeeded: "कृपया अपने कार्ड के आख़िरी चार अंक लिखें।",
  lastFourShort: "चार अंक चाहिए: कार्ड के आख़िरी वाले।",
  lastFourLong: "कृपया केवल आख़िरी चार अंक लिखें, पूरा नंबर नहीं।",
  lastFourKept: "हमें केवल आख़िरी चार अंक चाहिए, इसलिए बस वही रखे हैं।",
  expiryNeeded: "कृपया कार्ड पर छपा महीना और साल लिखें।",
  expiryShort: "कृपया महीना और साल लिखें, जैसे 08/27।",
  expiryMonth: "महीना 01 से 12 के बीच होना चाहिए।",
  dobNeeded: "कृपया अपनी जन्म तिथि लिखें।",
  dobShort: "कृपया दिन, महीना और साल लिखें, जैसे 11-07-1993।",
  dobDate: "यह तारीख़ कैलेंडर में नहीं है। कृपया जाँच लें।",
  dobFuture: "यह तारीख़ अभी आई नहीं है। कृपया साल जाँच लें।",
  dobYear: "कृपया साल जाँच लें।",
  detailsSend: "सुरक्षित भेजें",
  detailsSkip: "इसके बजाय चैट में लिखें",
  detailsUsed: "यह फ़ॉर्म बंद है",
  privacyMore: "हम आपकी जानकारी कैसे सुरक्षित रखते हैं",
  privacy: "गोपनीयता",
  neverShare: "PIN, CVV, OTP किसी को न दें",
  call: "कॉल {phone}",
  offlineBanner: "आप ऑफ़लाइन हैं। वापस जुड़ते ही संदेश चले जाएँगे।",
  reconnecting: "कनेक्शन टूट गया। फिर जोड़ रहे हैं…",
  crowdedText: "अभी बहुत से लोग चैट शुरू कर रहे हैं।",
  crowdedWait: "जगह मिलते ही चैट अपने-आप खुल जाएगी।",
  newTalk: "सुरक्षा के लिए आपकी पिछली चैट बंद कर दी गई। यह नई चैट है।",
  endTitle: "यह चैट समाप्त करें?",
  endText: "आप साइन-आउट हो जाएँगे और यह बातचीत स्क्रीन से हट जाएगी।",
  endYes: "चैट समाप्त करें",
  endNo: "चैट जारी रखें",
  endedTitle: "यह चैट समाप्त हो गई",
  endedText: "आप साइन-आउट हो गए हैं। इस स्क्रीन पर कुछ नहीं बचा है।",
  endFailed: "स्क्रीन साफ़ कर दी है, पर चैट को हमारी ओर बंद करने के लिए कार्ड सहायता तक नहीं पहुँच पाए।",
  endRetry: "फिर बंद करने की कोशिश करें",
  startNew: "नई चैट शुरू करें",
  unnamedSandbox: "सैंडबॉक्स: नकली कार्ड और नकली पैसा। कृपया असली जानकारी न दें।",
};

const LANGUAGES = { en: ENGLISH, hi: HINDI };
const PLACES = { words: "textContent", label: "aria-label", hint: "placeholder" };

let language = "en";

export function currentLanguage() {
  return language;
}

/** The words for a key in the present language, with {names} filled in. */
export function say(key, values = {}) {
  const words = LANGUAGES[language][key] ?? ENGLISH[key] ?? "";
  return words.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** Puts the words of a key on a node, and keeps them there when the language changes. */
export function put(node, key, place = "words", values = null) {
  node.setAttribute(`data-${place}`, key);
  if (values) node.setAttribute(`data-${place}-values`, JSON.stringify(values));
  fill(node, place);
  return node;
}

function fill(node, place) {
  const values = JSON.parse(node.getAttribute(`data-${place}-values`) ?? "{}");
  const words = say(node.getAttribute(`data-${place}`), values);
  if (place === "words") node.textContent = words;
  else node.setAttribute(PLACES[place], words);
}

/** Changes the language of everything that `put` has written. */
export function speak(code) {
  language = Object.hasOwn(LANGUAGES, code) ? code : "en";
  document.documentElement.lang = language;
  for (const place of Object.keys(PLACES)) {
    for (const node of document.querySelectorAll(`[data-${place}]`)) fill(node, place);
  }
}

/** The language a text is written in, as far as its script tells. */
export function languageOf(text) {
  return /[\u0900-\u097f]/.test(text) ? "hi" : "en";
}
