package words

import "proxyaddr/conflicts"

// FindingAdvice says what is wrong with a finding of each kind, and what to do.
var FindingAdvice = map[conflicts.FindingKind]string{
	conflicts.MalformedValue:   "No mail can reach these values. Correct or remove them.",
	conflicts.PaddedValue:      "Programs disagree on whether the spaces count. Write the value without them.",
	conflicts.SeveralPrimaries: "Exchange sends from one of them only. Keep one SMTP: value and write the others as smtp:.",
	conflicts.NoPrimary:        "Exchange has no address to send from. Write one value as SMTP:.",
	conflicts.MailDiffers:      "Address books show one address and replies use the other. Make them equal.",
	conflicts.TooLong:          "Mail servers or Entra ID refuse the address. Choose a shorter one.",
	conflicts.EntraCharacter:   "The object may fail to synchronize. Replace the character.",
	conflicts.DoubledAddress:   "One of the two values does nothing. Remove it.",
	conflicts.RepeatedTarget:   "Several objects forward to one address. Check that this is intended.",
	conflicts.Pointer:          "A contact forwards to a mailbox in another forest. Address list synchronization makes such contacts. Nothing to do.",
	conflicts.EntraAttribute:   "The object may fail to synchronize, or get another name in Entra ID. Correct the attribute.",
	conflicts.RepeatedAlias:    "Address policies build addresses from the alias, so equal aliases give equal addresses. Give each object its own.",
	conflicts.RepeatedAccount:  "Without a userPrincipalName, Entra ID builds the account name from sAMAccountName. Give each object its own, or a userPrincipalName.",
	conflicts.ShadowDiffers:    "Exchange may bring back addresses that were removed. Find out which list is right.",
	conflicts.SIPDiffers:       "Calls and presence use one address, Exchange shows the other. Make them equal.",
}
