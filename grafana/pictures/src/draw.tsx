// Draws one dashboard from window.story: its JSON and what Prometheus answered, panel by panel.
import React from 'react';
import { createRoot } from 'react-dom/client';
import { createTheme, dateTime, EventBusSrv, ThemeContext, TimeRange, VizOrientation } from '@grafana/data';
import { BarGauge, BarGaugeDisplayMode, BigValue, GlobalStyles, PanelChrome, PanelContextProvider, Table, TimeSeries } from '@grafana/ui';
import { Answer, frames, table } from './fields';

interface Story { board: any; from: number; to: number; answers: Record<string, Answer[]>; until: number; titles: Record<string, string> }
const story: Story = (window as any).story;
const theme = createTheme({ colors: { mode: 'dark' } });
const context: any = { eventsScope: 'global', eventBus: new EventBusSrv() };
const UNIT = 38, WIDTH = 1600, GAP = 8;
const range: TimeRange = {
  from: dateTime(story.from * 1000), to: dateTime(story.to * 1000),
  raw: { from: dateTime(story.from * 1000), to: dateTime(story.to * 1000) },
};

function Values({ panel, answers, width, height }: any) {
  const shown = frames(panel, answers, theme).map((frame) => {
    const field = frame.fields[1];
    const last = field.values[field.values.length - 1];
    return { frame, field, value: { ...field.display!(last), title: field.name } };
  });
  const bars = panel.type === 'bargauge';
  const each = bars ? height / Math.max(shown.length, 1) : width / Math.max(shown.length, 1);
  return <div style={{ display: 'flex', flexDirection: bars ? 'column' : 'row', height: '100%' }}>
    {shown.map(({ field, frame, value }, index) => bars
      ? <BarGauge key={index} theme={theme} value={value} field={{ ...field.config, min: 0, max: Math.max(1, ...shown.map((it) => it.value.numeric)) }}
          display={field.display!} orientation={VizOrientation.Horizontal} displayMode={BarGaugeDisplayMode.Basic} width={width} height={each - 6} itemSpacing={6} />
      : <BigValue key={index} theme={theme} value={value} width={each} height={height} colorMode={'value' as any} justifyMode={'auto' as any}
          graphMode={(shown.length > 1 ? 'none' : 'area') as any} textMode={(shown.length > 1 ? 'value_and_name' : 'value') as any}
          sparkline={shown.length > 1 ? undefined : { x: frame.fields[0], y: field, timeRange: range } as any} />)}
  </div>;
}

function Inside({ panel, width, height }: any) {
  const answers = story.answers[panel.id];
  if (panel.type === 'table') {
    return <Table data={table(panel, answers, theme)} width={width} height={height} />;
  }
  if (panel.type !== 'timeseries') { return <Values panel={panel} answers={answers} width={width} height={height} />; }
  return <TimeSeries frames={frames(panel, answers, theme)} timeRange={range} timeZone="utc" width={width} height={height}
    structureRev={1} legend={panel.options.legend} options={panel.options} />;
}

const panels = story.board.panels.filter((panel: any) => panel.gridPos.y < story.until);
const bottom = Math.max(...panels.map((panel: any) => panel.gridPos.y + panel.gridPos.h)) * UNIT + 60;

function Board() {
  return <ThemeContext.Provider value={theme}>
    <GlobalStyles />
    <PanelContextProvider value={context}>
      <div style={{ width: WIDTH + 2 * GAP, height: bottom, background: theme.colors.background.canvas, position: 'relative', fontFamily: theme.typography.fontFamily }}>
        <div style={{ padding: '16px 16px', fontSize: 20, fontWeight: 500, color: theme.colors.text.primary }}>
          {story.board.title} <span style={{ fontSize: 14, color: theme.colors.text.secondary }}>{story.board.description}</span>
        </div>
        {panels.map((panel: any) => {
          const { x, y, w, h } = panel.gridPos;
          const place = { position: 'absolute' as const, left: GAP + x * WIDTH / 24, top: 56 + y * UNIT };
          if (panel.type === 'row') {
            return <div key={panel.id} style={{ ...place, padding: '8px 4px', color: theme.colors.text.primary, fontWeight: 500 }}>{panel.title}</div>;
          }
          const width = w * WIDTH / 24 - GAP, height = h * UNIT - GAP;
          return <div key={panel.id} style={place}>
            <PanelChrome title={story.titles[panel.id]} width={width} height={height}>
              {(innerWidth: number, innerHeight: number) => <Inside panel={panel} width={innerWidth} height={innerHeight} />}
            </PanelChrome>
          </div>;
        })}
      </div>
    </PanelContextProvider>
  </ThemeContext.Provider>;
}

createRoot(document.getElementById('root')!).render(<Board />);
