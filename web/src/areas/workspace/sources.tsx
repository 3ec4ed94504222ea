/** Every source of the workspace. */
export function Sources() {
  return null
}
