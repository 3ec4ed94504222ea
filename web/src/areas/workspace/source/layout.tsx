import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Outlet } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiFailure, api, inWorkspace, read } from '../../../api/client'
import { BetaBadge } from '../../../kit/badge'
import { Button } from '../../../kit/button'
import { Confirm } from '../../../kit/dialog'
import { Problem, Skeleton } from '../../../kit/loaded'
import { Logo } from '../../../kit/logo'
import { Body, Muted, PageHead, Tab, Tabs } from '../../../kit/page'
import { toastRefusal } from '../../../kit/refusal'
import { Time } from '../../../kit/time'
import { toast } from '../../../kit/toast'
import { NotFound } from '../../../shell/failures'
import { destinationsQuery, SOURCE_ADMINS_ONLY, sourceQuery } from '../data'
import { EnabledBadge, isPrivate, mayAdminister, PrivateBadge, type Source } from './source'
import css from './source.module.css'

/** The frame of one source: what it is, whether it takes data, its pages. */
export function SourceLayout() {
  const { ws, source: slug } = getRouteApi('/w/$ws/sources/$source').useParams()
  const query = useQuery(sourceQuery(ws, slug))
  const { error } = query
  if (!query.data) {
    if (error instanceof ApiFailure && error.status === 404) return <NotFound />
    return <Body>{error ? <Problem error={error} retry={() => query.refetch()} /> : <Skeleton />}</Body>
  }
  const { source } = query.data
  const params = { ws, source: slug }
  return (
    <>
      <PageHead
        title={source.name}
        mark={
          <Logo
            name={source.name}
            src={source.metadata.logos.mark ?? source.metadata.logos.default}
            size={40}
          />
        }
        badge={
          <span className={css.badges}>
            <EnabledBadge source={source} />
            {isPrivate(source) ? <PrivateBadge /> : <BetaBadge status={source.metadata.status} />}
            <Muted>
              {source.metadata.name} · added <Time at={source.createdAt} />
            </Muted>
          </span>
        }
      >
        <Switch ws={ws} source={source} />
      </PageHead>
      <Tabs label="Pages of the source">
        <Tab to="/w/$ws/sources/$source/overview" params={params}>
          Overview
        </Tab>
        <Tab to="/w/$ws/sources/$source/debugger" params={params}>
          Debugger
        </Tab>
        <Tab to="/w/$ws/sources/$source/schema" params={params}>
          Schema
        </Tab>
        <Tab to="/w/$ws/sources/$source/destinations" params={params}>
          Destinations
        </Tab>
        <Tab to="/w/$ws/sources/$source/delivery" params={params}>
          Delivery
        </Tab>
        <Tab to="/w/$ws/sources/$source/settings" params={params}>
          Settings
        </Tab>
      </Tabs>
      <Outlet />
    </>
  )
}

/** Enables or disables the source; whoever disables it is told what stops. */
function Switch({ ws, source }: { ws: string; source: Source }) {
  const client = useQueryClient()
  const destinations = useQuery(destinationsQuery(ws)).data?.destinations ?? []
  const [asking, setAsking] = useState(false)
  const connected = destinations.filter(({ sourceId, enabled }) => sourceId === source.id && enabled).length
  const set = async (enabled: boolean) => {
    await read(
      api.PATCH('/sources/{sourceId}', {
        params: { path: { sourceId: source.slug }, header: inWorkspace(ws) },
        body: { enabled },
      }),
    )
    await client.invalidateQueries({ queryKey: ['w', ws, 'sources'] })
    toast(enabled ? `${source.name} takes data again` : `${source.name} is disabled`)
  }
  const may = mayAdminister(source)
  return (
    <>
      <Button
        disabled={!may}
        title={may ? undefined : SOURCE_ADMINS_ONLY}
        onClick={() => {
          if (source.enabled) setAsking(true)
          else set(true).catch((error) => toastRefusal(error))
        }}
      >
        {source.enabled ? 'Disable' : 'Enable'}
      </Button>
      <Confirm
        title={`Disable ${source.name}?`}
        open={asking}
        onClose={() => setAsking(false)}
        action="Disable"
        run={() => set(false)}
      >
        <p>
          Messages that come in from now on are discarded as <code>source_disabled</code>
          {connected > 0 &&
            ` and reach none of its ${connected === 1 ? 'destination' : `${connected} destinations`}`}
          . They are counted, and cannot be brought back. What was accepted before is still delivered. You can
          enable the source again at any time.
        </p>
      </Confirm>
    </>
  )
}
