"""Names of the methods of Bot API 10.0 that the sandbox knows of and does not play."""

NOT_PLAYED = frozenset(
    """
    addStickerToSet answerGuestQuery answerPreCheckoutQuery answerShippingQuery answerWebAppQuery
    approveChatJoinRequest approveSuggestedPost banChatSenderChat closeGeneralForumTopic convertGiftToStars
    createChatInviteLink createChatSubscriptionInviteLink createInvoiceLink createNewStickerSet
    declineChatJoinRequest declineSuggestedPost deleteAllMessageReactions deleteBusinessMessages
    deleteChatPhoto deleteChatStickerSet deleteMessageReaction deleteStickerFromSet deleteStickerSet
    deleteStory editChatInviteLink editChatSubscriptionInviteLink editGeneralForumTopic editMessageChecklist
    editMessageLiveLocation editStory editUserStarSubscription exportChatInviteLink getAvailableGifts
    getBusinessAccountGifts getBusinessAccountStarBalance getBusinessConnection getChatGifts
    getChatMenuButton getCustomEmojiStickers getForumTopicIconStickers getGameHighScores
    getManagedBotAccessSettings getManagedBotToken getMyDefaultAdministratorRights getMyStarBalance
    getStarTransactions getStickerSet getUserChatBoosts getUserGifts getUserPersonalChatMessages
    getUserProfileAudios giftPremiumSubscription hideGeneralForumTopic postStory promoteChatMember
    readBusinessMessage refundStarPayment removeBusinessAccountProfilePhoto removeChatVerification
    removeMyProfilePhoto removeUserVerification reopenGeneralForumTopic replaceManagedBotToken
    replaceStickerInSet repostStory restrictChatMember revokeChatInviteLink savePreparedInlineMessage
    savePreparedKeyboardButton sendAnimation sendAudio sendChecklist sendContact sendDice sendGame sendGift
    sendInvoice sendLivePhoto sendLocation sendMessageDraft sendPaidMedia sendPoll sendSticker sendVenue
    sendVideo sendVideoNote sendVoice setBusinessAccountBio setBusinessAccountGiftSettings
    setBusinessAccountName setBusinessAccountProfilePhoto setBusinessAccountUsername
    setChatAdministratorCustomTitle setChatMemberTag setChatMenuButton setChatPermissions setChatPhoto
    setChatStickerSet setCustomEmojiStickerSetThumbnail setGameScore setManagedBotAccessSettings
    setMyDefaultAdministratorRights setMyProfilePhoto setPassportDataErrors setStickerEmojiList
    setStickerKeywords setStickerMaskPosition setStickerPositionInSet setStickerSetThumbnail
    setStickerSetTitle setUserEmojiStatus stopMessageLiveLocation stopPoll transferBusinessAccountStars
    transferGift unbanChatSenderChat unhideGeneralForumTopic unpinAllForumTopicMessages
    unpinAllGeneralForumTopicMessages upgradeGift uploadStickerFile verifyChat verifyUser
    """.split()
)
