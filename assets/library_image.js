// An image of one's own as a net takes it: any picture that the browser can read, in proportion, as bytes (C, H, W).
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const LUMA = [0.299, 0.587, 0.114];  // ITU-R BT.601, as images of other sets are made grey

  // The picture, as large as fits; what is left of the frame has the colour of its corner.
  const framed = async (picture, height, width) => {
    const scale = Math.min(width / picture.width, height / picture.height);
    const [wide, high] = [picture.width, picture.height].map((side) => Math.max(Math.round(side * scale), 1));
    const small = await createImageBitmap(picture, {resizeWidth: wide, resizeHeight: high, resizeQuality: 'high'});
    const context = Object.assign(document.createElement('canvas'), {width, height}).getContext('2d', {willReadFrequently: true});
    const [left, top] = [Math.floor((width - wide) / 2), Math.floor((height - high) / 2)];
    context.fillStyle = '#fff';  // what can be seen through is white
    context.fillRect(0, 0, width, height);
    context.drawImage(small, left, top);
    const [red, green, blue] = context.getImageData(left, top, 1, 1).data;
    context.fillStyle = `rgb(${red} ${green} ${blue})`;
    [[0, 0, width, top], [0, top + high, width, height], [0, 0, left, height], [left + wide, 0, width, height]].forEach((box) => context.fillRect(...box));
    return context.getImageData(0, 0, width, height).data;
  };

  darkroom.readImage = async (file, [channels, height, width]) => {
    if (channels !== 1 && channels !== 3) throw new Error(`This net takes images of ${channels} channels; a picture can be made into 1 or 3.`);
    const picture = await createImageBitmap(file).catch(() => null);
    if (!picture) throw new Error(`${file.name} is no picture that this browser can read; PNG, JPEG and WebP are.`);
    const seen = await framed(picture, height, width), size = height * width, bytes = new Uint8Array(channels * size);
    for (let place = 0; place < size; place += 1) {
      const colour = seen.subarray(4 * place, 4 * place + 3);
      if (channels === 1) bytes[place] = Math.round(LUMA.reduce((sum, share, at) => sum + share * colour[at], 0));
      else colour.forEach((value, channel) => { bytes[channel * size + place] = value; });
    }
    return bytes;
  };
})();
