/** Owns how a drawing becomes an SVG file: its strokes as paths, erased ones in the colour of the paper. */

import { HEIGHT, WIDTH } from './ink.js';

/** @param {Stroke[]} strokes */
export function toSvg(strokes) {
  const paths = strokes.map(({ width, eraser, points }) => {
    const colour = eraser ? '#fff' : '#000';
    return `<path d="${toPath(points)}" stroke="${colour}" stroke-width="${width}"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}">
<rect width="100%" height="100%" fill="#fff"/>
<g fill="none" stroke-linecap="round" stroke-linejoin="round">
${paths.join('\n')}
</g></svg>
`;
}

/** @param {Point[]} points */
function toPath(points) {
  const [[startX, startY]] = points;
  if (points.length === 1) return `M${startX} ${startY}h0`;
  let path = `M${startX} ${startY}`;
  for (let index = 1; index < points.length; index += 1) {
    const [x, y] = points[index - 1];
    path += `Q${x} ${y} ${(x + points[index][0]) / 2} ${(y + points[index][1]) / 2}`;
  }
  const [endX, endY] = points[points.length - 1];
  return `${path}L${endX} ${endY}`;
}
