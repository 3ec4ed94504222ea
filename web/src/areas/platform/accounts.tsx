/** Accounts and operators. */
export function Accounts() {
  return null
}
