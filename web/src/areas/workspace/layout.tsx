import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useEffect } from 'react'
import { workspaceQuery } from '../../api/queries'
import { NotFound } from '../../shell/failures'
import { usePathParts } from '../../shell/path-bar'
import { Shell } from '../../shell/shell'
import { LAST_WORKSPACE } from '../public/home'

/** The frame of a workspace's pages. */
export function WorkspaceLayout() {
  const { ws } = getRouteApi('/w/$ws').useParams()
  const workspace = useQuery(workspaceQuery(ws))
  const parts = usePathParts(`/w/${ws}`)
  useEffect(() => localStorage.setItem(LAST_WORKSPACE, ws), [ws])
  if (workspace.error) return <NotFound />
  return (
    <Shell
      rail={[
        {
          heading: workspace.data?.workspace.name ?? ws,
          links: [{ label: 'Overview', link: { to: '/w/$ws', params: { ws } }, exact: true }],
        },
      ]}
      path={[{ label: ws, link: { to: '/w/$ws', params: { ws } } }, ...parts]}
    />
  )
}
