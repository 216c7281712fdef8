/**
 * The English texts that are shown before a conversation: they come with `widget.js`. All others come later,
 * since each costs every page that has the widget.
 */
export const atLoad = {
  chat: 'Chat',
  greeting: 'What would you like to know?',
  placeholder: 'Ask anything',
  questionBox: 'Your question',
  keys: 'Enter sends, Shift and Enter start a new line, Escape stops the answer.',
  keysOfLauncher:
    'Enter sends, Shift and Enter start a new line, Escape stops the answer, then closes the chat.',
  openChat: 'Open the chat',
  closeChat: 'Close the chat',
  unread: 'New answer',
  answering: 'An answer is being written',
  send: 'Send',
  stop: 'Stop the answer',
  newTextBelow: 'New text below',
  conversation: 'Conversation',
  conversations: 'Conversations',
  newConversation: 'New conversation',
  cancel: 'Cancel',
  offlineWaits: 'You’re offline. It will be sent when you’re back.',
  fullStop: '.',
  retry: 'Try again',
  offline: 'This chat could not be reached',
  offlineAdvice: 'Check your connection, then try again.',
  wrongHere: 'Something went wrong on this page',
  wrongHereAdvice: 'Reload it, then try again.',
}

export type StringsAtLoad = Record<keyof typeof atLoad, string>
