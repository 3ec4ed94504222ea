/** The outbox. */
export function Mails() {
  return null
}
