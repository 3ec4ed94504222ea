import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { workspaceQuery } from '../../api/queries'
import { Loaded } from '../../kit/loaded'
import { PageHead, useTitle } from '../../kit/page'

/** The state of a workspace at a glance. */
export function WorkspaceHome() {
  const { ws } = getRouteApi('/w/$ws').useParams()
  useTitle(ws)
  const workspace = useQuery(workspaceQuery(ws))
  return <Loaded query={workspace}>{({ workspace }) => <PageHead title={workspace.name} />}</Loaded>
}
