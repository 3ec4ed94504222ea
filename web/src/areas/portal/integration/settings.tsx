/** Add to workspace, rename, withdraw, delete. */
export function IntegrationSettings() {
  return null
}
