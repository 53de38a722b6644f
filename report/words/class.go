package words

import "proxyaddr/conflicts"

// ClassEffect says what a conflict of each class does.
var ClassEffect = map[conflicts.Class]string{
	conflicts.Duplicate:      "Two or more objects hold the address in proxyAddresses. Exchange delays mail to it or returns it.",
	conflicts.Collation:      "The spellings differ, but Active Directory treats them as equal (é and e). A lookup may find either object.",
	conflicts.CrossAttribute: "The address of one object is mail or logon name of another. Mail is delivered; synchronization may refuse an object.",
	conflicts.NonSMTP:        "Internet mail is not affected. Replies to old messages, calls or chats may reach the wrong person.",
}
